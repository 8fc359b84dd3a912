-- Coverage of the region: a view of the search view and the gazetteer, kept by day so that it can be seen through time.
CREATE TABLE IF NOT EXISTS coverage (
  day  TEXT PRIMARY KEY,                   -- the state at the end of this day (UTC); days without a change have none
  body TEXT NOT NULL                       -- JSON
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS coverage_seen ( -- what the last count was made from
  one     INTEGER PRIMARY KEY CHECK (one = 1),
  version INTEGER NOT NULL,                -- of the search view
  basis   TEXT NOT NULL                    -- gazetteer and assumptions
);
