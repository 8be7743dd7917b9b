-- macro: log_bucket(us)
-- why:   the bucket of a duration: i holds the seconds above 1.02^(i-1) up to 1.02^i, -1000 is zero. Buckets are counted, so
--        they add up, and what leaves is taken off again
case when us <= 0 then -1000 else ceil(ln(us / 1000000.0::double) / ln(1.02::double))::integer end
