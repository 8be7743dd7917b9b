-- macro: bucket_s(bucket)
-- why:   the seconds that stand for a bucket: nothing in it is more than 1 % away from them
case when bucket = -1000 then 0 else 2 * power(1.02::double, bucket) / 2.02 end
