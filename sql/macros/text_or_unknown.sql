-- macro: text_or_unknown(code)
-- why:   keys are never null: an unknown one is '~', so that no join and no total loses a row
coalesce(code, '~')
