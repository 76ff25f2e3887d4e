"""The importer of GitHub archives."""
