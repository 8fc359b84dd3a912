-- What newer programs add to a ledger when they open it for writing; every statement is harmless when repeated.

CREATE TABLE IF NOT EXISTS announcement (  -- logs that are written for a feed alone
  sequence  INTEGER PRIMARY KEY AUTOINCREMENT,
  feed      TEXT NOT NULL,                 -- 'runs' or 'dcat'
  type      TEXT NOT NULL CHECK (type IN ('Create', 'Update', 'Delete')),
  object    TEXT NOT NULL,
  published TEXT NOT NULL,
  digest    BLOB,
  payload   BLOB,
  state     BLOB NOT NULL,                 -- state digest of the feed after this announcement
  live      INTEGER NOT NULL
);
CREATE INDEX IF NOT EXISTS announcement_of_feed ON announcement (feed, sequence);
CREATE INDEX IF NOT EXISTS announcement_of_object ON announcement (object, sequence);
CREATE INDEX IF NOT EXISTS run_open ON run (id) WHERE ended IS NULL;
