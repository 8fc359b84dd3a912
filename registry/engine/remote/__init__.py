"""An engine elsewhere, spoken to by SPARQL 1.1 Protocol and Update instead of Oxigraph in our own memory.

Everything before and after it stays as it is: the host follows the ledger, workers answer one query each and can be
killed, the API sees a SparqlEngine. Only the store behind them is another one (`store.RemoteStore`), and the follower
is wrapped (`keeping.Keeper`), because such a store outlives us, loses data, and may be written to while we are away.
"""
