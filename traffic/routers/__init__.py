"""Ways of steering traffic, one file each behind `protocol.Router`. They see values, never a row."""
