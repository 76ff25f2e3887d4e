"""Live changes: every change of a workspace to its subscribers, in order, without a gap."""
