"""`cobalens listen`: HL7 v2 messages over MLLP, each read, acknowledged, and its comment shown, kept or handed on."""
