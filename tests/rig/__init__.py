"""The order-safety rig: a faulty venue in memory, behind the real client, in virtual time."""
