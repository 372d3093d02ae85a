"""From files as received to observations: receiving, the log, requests, the store, vintages, corrections."""
