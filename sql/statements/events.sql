-- live_missed read 5s
select * from live.missed(:channels, :offsets, :most);

-- live_tops read 5s
select live.epoch() as epoch, t.* from live.tops(:channels) t;

-- live_sweep write 10s
select live.drop_old(:hours, 5000) as more;
