"""What the ledger can say: each kind of entry, its fields, and how long its words are kept.

The commitment of an entry stays for ever; after `kept` its words cannot be read any more. Where
`kept` is None they are kept as long as the clause says that the entry rests on.
`docs/ledger.md` lists the kinds with the rule that each retention comes from.
"""
