"""`irbis evaluate`: what the models do on labelled pictures, judged as a station judges them."""
