"""Fields that several concepts show: boards, search, the change log."""
