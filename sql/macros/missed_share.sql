-- macro: missed_share(n, total, m)
-- why:   the probability that m cases drawn from total hold none of the n of a variant: what is left of its one when variants are
--        rarefied. With binomial coefficients by their logarithms, for they are larger than any number
case
    when total - n < m then 0
    else exp(lgamma(total - n + 1) + lgamma(total - m + 1) - lgamma(total - n - m + 1) - lgamma(total + 1))
end
