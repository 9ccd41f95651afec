"""The user studies of section 6.3 as software: built from bundles, served as a web page, analysed."""
