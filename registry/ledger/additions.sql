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

CREATE TABLE IF NOT EXISTS activity_winner ( -- of the Delete of an entity that was merged: IRI of the one that answers instead
  sequence INTEGER PRIMARY KEY,
  winner   TEXT NOT NULL
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

CREATE TABLE IF NOT EXISTS release (       -- held runs that a curator released: the next reading may withdraw what is absent
  source TEXT PRIMARY KEY,
  run    INTEGER NOT NULL,
  author TEXT NOT NULL,
  made   TEXT NOT NULL
) WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS proposal (      -- sources that somebody proposes; nothing of them is in the catalogue
  number  INTEGER PRIMARY KEY AUTOINCREMENT,
  state   TEXT NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'accepted', 'refused')),
  place   TEXT NOT NULL,                   -- its address in a normal form, to know it again by
  offer   TEXT NOT NULL,                   -- JSON of registry.proposals.Offer; without the contact once it is refused
  report  TEXT NOT NULL,                   -- JSON: what was found when it was tried
  made    TEXT NOT NULL,
  decided TEXT,
  why     TEXT,                            -- of a refusal
  source  TEXT                             -- id of the source that was made of it
);
CREATE INDEX IF NOT EXISTS proposal_open ON proposal (place) WHERE state = 'open';

CREATE TABLE IF NOT EXISTS notified (      -- whom we tell that our feed has changed, and what they know
  inbox    TEXT PRIMARY KEY,               -- as configured
  sequence INTEGER NOT NULL DEFAULT 0,     -- of the last record activity they were told of
  failures INTEGER NOT NULL DEFAULT 0,     -- since the last success
  next     TEXT NOT NULL DEFAULT '',       -- not before this moment
  problem  TEXT                            -- of the last failure
) WITHOUT ROWID;

-- Identity: which records describe one thing. Everything here but judgements and claims can be worked out anew.

CREATE TABLE IF NOT EXISTS profile (       -- what of a live record tells which thing it describes (JSON)
  record INTEGER PRIMARY KEY REFERENCES record,
  data   BLOB NOT NULL
);

CREATE TABLE IF NOT EXISTS block (         -- blocking keys: only records that share one are compared
  key    INTEGER NOT NULL,                 -- the first 8 bytes of the key's BLAKE2b
  record INTEGER NOT NULL REFERENCES record,
  source INTEGER NOT NULL,                 -- likewise of the IRI of the record's source
  PRIMARY KEY (key, record)
) WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS comparison (    -- pairs of records that the rules do not hold for different
  a       INTEGER NOT NULL REFERENCES record,
  b       INTEGER NOT NULL REFERENCES record,   -- always the greater id
  verdict TEXT NOT NULL CHECK (verdict IN ('same', 'unsure', 'part-of')),
  part    INTEGER,                         -- the record that is inside the other
  stated  INTEGER NOT NULL,                -- 1: a source says so itself
  score   REAL NOT NULL,
  signs   BLOB NOT NULL,                   -- JSON: the signs for and against, with points and what was found
  PRIMARY KEY (a, b)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS comparison_of_b ON comparison (b);
CREATE INDEX IF NOT EXISTS comparison_of_verdict ON comparison (verdict, score);

CREATE TABLE IF NOT EXISTS claim (         -- the right of records to an entity's IRI: the earliest one that is live has it
  entity INTEGER NOT NULL REFERENCES entity,
  record INTEGER NOT NULL REFERENCES record,
  since  INTEGER NOT NULL,
  PRIMARY KEY (entity, record)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS claim_of_record ON claim (record);

CREATE TABLE IF NOT EXISTS judgement (     -- append-only: what people decided, in order; an undo is one, too
  number  INTEGER PRIMARY KEY AUTOINCREMENT,
  verdict TEXT NOT NULL CHECK (verdict IN ('same', 'different', 'part-of', 'prefer', 'undo')),
  subject TEXT NOT NULL,                   -- IRI of a record or entity, as given; of an undo the number it undoes
  object  TEXT NOT NULL,                   -- IRI of a record or entity; of 'prefer' that of the property
  author  TEXT NOT NULL,
  why     TEXT NOT NULL,
  made    TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS judgement_of_subject ON judgement (verdict, subject);

CREATE TABLE IF NOT EXISTS judgement_pair ( -- the records a judgement was about when it was made; a is part of b
  judgement INTEGER NOT NULL REFERENCES judgement,
  a         TEXT NOT NULL,
  b         TEXT NOT NULL,
  PRIMARY KEY (judgement, a, b)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS judgement_of_pair ON judgement_pair (a, b);

CREATE TABLE IF NOT EXISTS ruling (        -- the judgement that holds for a pair of records now; kept in both directions
  a         TEXT NOT NULL,
  b         TEXT NOT NULL,
  verdict   TEXT NOT NULL CHECK (verdict IN ('same', 'different', 'part-of', 'has-part')),
  judgement INTEGER NOT NULL REFERENCES judgement,
  PRIMARY KEY (a, b)
) WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS derived (       -- statements of the catalogue that no record makes, with rule and grounds
  entity    INTEGER NOT NULL REFERENCES entity,
  predicate TEXT NOT NULL,
  object    TEXT NOT NULL,                 -- an N-Triples term
  rule      TEXT NOT NULL,
  grounds   TEXT NOT NULL,                 -- JSON: IRIs of records, or the number of a judgement
  PRIMARY KEY (entity, predicate, object)
) WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS identity_change ( -- what followers cannot see in the log: reassigned records, derived statements
  version INTEGER PRIMARY KEY AUTOINCREMENT,
  record  INTEGER,
  entity  INTEGER
);
