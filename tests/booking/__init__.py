"""The booking backend, analysed as a whole."""
