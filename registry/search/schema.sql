-- The search view: filled from the ledger's entities, in the ledger's file so that it changes with them; rebuilt at will.
-- Only live entities are in it. Ids are its own and are never given out twice, because bitmaps are indexed by them.

CREATE TABLE IF NOT EXISTS search_entity (
  id        INTEGER PRIMARY KEY AUTOINCREMENT,
  iri       TEXT NOT NULL UNIQUE,
  kind      TEXT NOT NULL,
  name      TEXT NOT NULL,                 -- German name, else any
  sort_name TEXT NOT NULL,                 -- folded as in a dictionary (DIN 5007-1)
  modified  TEXT NOT NULL,                 -- UTC, ISO 8601
  latitude  REAL,
  longitude REAL
);
CREATE INDEX IF NOT EXISTS search_by_name ON search_entity (kind, sort_name, id);
CREATE INDEX IF NOT EXISTS search_by_modified ON search_entity (kind, modified, id);
CREATE INDEX IF NOT EXISTS search_all_by_name ON search_entity (sort_name, id);
CREATE INDEX IF NOT EXISTS search_all_by_modified ON search_entity (modified, id);

CREATE TABLE IF NOT EXISTS search_value (  -- every value of every facet
  id    INTEGER PRIMARY KEY,
  kind  TEXT NOT NULL,
  facet TEXT NOT NULL,
  value TEXT NOT NULL,                     -- IRI; of sources the id
  UNIQUE (kind, facet, value)
);
CREATE TABLE IF NOT EXISTS search_facet (
  value  INTEGER NOT NULL REFERENCES search_value,
  entity INTEGER NOT NULL REFERENCES search_entity,
  PRIMARY KEY (value, entity)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS search_facet_of_entity ON search_facet (entity, value);

CREATE TABLE IF NOT EXISTS search_link (   -- what an entity points at: services offered, kinds of service, what it is part of
  entity   INTEGER NOT NULL REFERENCES search_entity,
  relation TEXT NOT NULL,
  target   TEXT NOT NULL,
  PRIMARY KEY (entity, relation, target)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS search_link_target ON search_link (target, relation);

CREATE TABLE IF NOT EXISTS search_change ( -- the last change of every id, gone ones included: what bitmaps follow
  entity  INTEGER PRIMARY KEY,
  version INTEGER NOT NULL
);
CREATE INDEX IF NOT EXISTS search_change_version ON search_change (version);
CREATE TABLE IF NOT EXISTS search_sets (   -- the bitmaps as of a version: what a server reads at its start
  id      INTEGER PRIMARY KEY CHECK (id = 1),
  version INTEGER NOT NULL,
  content BLOB NOT NULL                    -- see kept.py
);

CREATE VIRTUAL TABLE IF NOT EXISTS search_text USING fts5 (
  name, alternate, place, services, words,
  tokenize = "unicode61 remove_diacritics 2", prefix = '2 3'
);
CREATE VIRTUAL TABLE IF NOT EXISTS search_gram USING fts5 (
  name, words,
  tokenize = "trigram"
);
CREATE VIRTUAL TABLE IF NOT EXISTS search_gram_count USING fts5vocab('search_gram', 'row');
CREATE VIRTUAL TABLE IF NOT EXISTS search_box USING rtree (
  id, west, east, south, north,            -- 32 bits, rounded outwards: the exact position follows
  +latitude, +longitude
);
