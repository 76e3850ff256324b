"""Use cases of quota and ledger: read and set terms, move credit, list lines, prove the books."""
