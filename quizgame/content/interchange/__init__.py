"""Questions in the formats of others: records, tables, Anki notes, GIFT. Text in, text out."""
