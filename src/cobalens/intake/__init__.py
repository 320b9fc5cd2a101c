"""Reads records of many shapes into `model.record`; guesses nothing, drops nothing in silence.

Each format has a package. `words` reads phrases, `prose` results in running text, `laboratory` one result;
`timelines` makes facts of what was read.
"""
