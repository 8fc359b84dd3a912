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

CREATE TABLE IF NOT EXISTS peer (          -- how far we follow another registry
  source TEXT PRIMARY KEY,
  state  TEXT NOT NULL DEFAULT '',         -- JSON of harvesters.ldes.State; empty means from the beginning
  proved TEXT,                             -- when both state digests last agreed
  digest TEXT                              -- and which one that was
) WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS peer_object (   -- what the peer's feed says is live, taken over or not
  source TEXT NOT NULL,
  object TEXT NOT NULL,
  digest BLOB NOT NULL,
  PRIMARY KEY (source, object)
) WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS origin (        -- of records that originated elsewhere: sequence of the version at its origin
  record  TEXT PRIMARY KEY,
  version INTEGER NOT NULL
) WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS activity_origin (
  sequence INTEGER PRIMARY KEY,
  version  INTEGER NOT NULL
);

CREATE TABLE IF NOT EXISTS token (         -- who may write a source; the secret itself is never kept
  id      TEXT PRIMARY KEY,
  source  TEXT NOT NULL,
  hash    BLOB NOT NULL,                   -- SHA-256 of the secret, which has 256 bits of chance
  created TEXT NOT NULL,
  expires TEXT NOT NULL,
  revoked TEXT
) WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS peer_news (     -- peers that say that there is news, until they are read
  source TEXT PRIMARY KEY,
  told   TEXT NOT NULL
) WITHOUT ROWID;
