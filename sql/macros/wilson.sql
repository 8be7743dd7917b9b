-- macro: wilson(num, den, side)
-- publish: yes
-- why:   a bound of the 95 % interval of a rate by Wilson, the lower one for side -1 and the upper one for side 1: 5 of 5
--        are at least 56.6 %, 30 of 30 at least 88.6 %
case
    when den > 0 and num >= 0 and num <= den then least(1, greatest(0, (
        num / den::double + 3.841458820694124::double / (2 * den)
        + side * 1.959963984540054::double * sqrt(
            num / den::double * (1 - num / den::double) / den
            + 3.841458820694124::double / (4 * den::double * den)
        )
    ) / (1 + 3.841458820694124::double / den)))
end
