-- What rules derived, a view of the catalogue. One that was withdrawn keeps its row, without grounds, so that the engine
-- learns of it.
CREATE TABLE IF NOT EXISTS inference (
  entity  TEXT NOT NULL,
  rule    TEXT NOT NULL,
  grounds TEXT,                            -- JSON list of terms in N-Triples syntax, sorted
  derived TEXT NOT NULL,                   -- when: UTC, ISO 8601
  version INTEGER NOT NULL,
  PRIMARY KEY (entity, rule)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS inference_version ON inference (version);
CREATE TABLE IF NOT EXISTS inference_seen (
  one         INTEGER PRIMARY KEY CHECK (one = 1),
  fingerprint TEXT NOT NULL                -- of the rules that all rows were made by, and of the stations
);
CREATE TABLE IF NOT EXISTS inference_station ( -- of the gazetteer, so that whoever publishes need not load it
  name      TEXT NOT NULL,
  latitude  REAL NOT NULL,
  longitude REAL NOT NULL
);
