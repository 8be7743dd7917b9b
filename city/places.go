package city

// Codes of the city and of what lies around it.
const (
	provinceCode = "370000"
	cityCode     = "371300"
)

// place is a county, a district or a development zone with its townships.
type place struct {
	code, prefix string // region code of six digits; prefix of its organisations' codes
	name         string
	people       int // thousands
	pace         int // how long things take here, in percent of the usual
	zone         bool
	towns        string // separated by blanks
}

// places are the counties of the city. Names and six-digit codes are the official ones; codes of townships are
// invented: numbered in the order given, 001 and on for streets, 100 and on for towns, 200 and on for the others.
func places() []place {
	return []place{
		{"371302", "LS", "兰山区", 1480, 95, false, "兰山街道 银雀山街道 金雀山街道 柳青街道 白沙埠镇 枣园镇 半程镇 义堂镇 李官镇 马厂湖镇 方城镇 汪沟镇"},
		{"371311", "LZ", "罗庄区", 760, 100, false, "罗庄街道 傅庄街道 盛庄街道 册山街道 高都街道 黄山镇 沂堂镇 褚墩镇"},
		{"371312", "HD", "河东区", 830, 105, false, "九曲街道 芝麻墩街道 梅家埠街道 相公街道 太平街道 汤头街道 凤凰岭街道 汤河镇 八湖镇 郑旺镇"},
		{"371321", "YN", "沂南县", 870, 92, false, "界湖街道 岸堤镇 孙祖镇 双堠镇 青驼镇 张庄镇 砖埠镇 大庄镇 辛集镇 蒲汪镇 湖头镇 苏村镇 铜井镇 依汶镇 马牧池乡"},
		{"371322", "TC", "郯城县", 950, 110, false, "郯城街道 马头镇 重坊镇 李庄镇 杨集镇 港上镇 高峰头镇 庙山镇 红花镇 胜利镇 花园镇 泉源镇 归昌乡"},
		{"371323", "YS", "沂水县", 1010, 98, false, "沂城街道 龙家圈街道 马站镇 高桥镇 许家湖镇 黄山铺镇 诸葛镇 崔家峪镇 四十里堡镇 杨庄镇 夏蔚镇 沙沟镇 高庄镇 院东头镇 富官庄镇 道托镇 泉庄镇 圈里乡"},
		{"371324", "LL", "兰陵县", 1190, 130, false, "卞庄街道 苍山街道 大仲村镇 兰陵镇 长城镇 磨山镇 神山镇 车辋镇 尚岩镇 向城镇 新兴镇 南桥镇 庄坞镇 金岭镇 芦柞镇 鲁城镇 矿坑镇 下村乡"},
		{"371325", "FX", "费县", 780, 118, false, "费城街道 上冶镇 薛庄镇 探沂镇 朱田镇 梁邱镇 新庄镇 马庄镇 胡阳镇 石井镇 东蒙镇 大田庄乡"},
		{"371326", "PY", "平邑县", 890, 104, false, "平邑街道 仲村镇 武台镇 保太镇 柏林镇 卞桥镇 地方镇 铜石镇 温水镇 流峪镇 郑城镇 白彦镇 临涧镇 丰阳镇"},
		{"371327", "JN", "莒南县", 840, 84, false, "十字路街道 大店镇 坊前镇 板泉镇 洙边镇 文疃镇 石莲子镇 岭泉镇 筵宾镇 涝坡镇 道口镇 相沟镇"},
		{"371328", "MY", "蒙阴县", 500, 72, false, "蒙阴街道 常路镇 岱崮镇 坦埠镇 垛庄镇 高都镇 野店镇 桃墟镇 联城镇 旧寨乡"},
		{"371329", "LU", "临沭县", 590, 100, false, "临沭街道 郑山街道 蛟龙镇 大兴镇 石门镇 曹庄镇 青云镇 玉山镇 店头镇"},
		{"371371", "GX", "临沂高新技术产业开发区", 170, 80, true, "罗西街道 马厂湖街道"},
		{"371372", "JK", "临沂经济技术开发区", 210, 86, true, "朝阳街道 梅埠街道"},
		{"371373", "LG", "临沂临港经济开发区", 190, 108, true, "坪上镇 团林镇 壮岗镇 朱芦镇"},
	}
}

// neighbour is a region of another province that hands in cases across the border.
type neighbour struct{ code, name, parent, level string }

func neighbours() []neighbour {
	return []neighbour{
		{"320000", "江苏省", "", "1"}, {"320300", "徐州市", "320000", "2"}, {"320700", "连云港市", "320000", "2"},
		{"320382", "邳州市", "320300", "3"}, {"320381", "新沂市", "320300", "3"},
	}
}

// line is a sector: the administrative line that the departments of all levels share.
type line struct{ code, name, parent string }

func lines() []line {
	return []line{
		{"S01", "综合协调", ""}, {"S02", "发展改革", ""}, {"S03", "教育体育", ""}, {"S04", "科技工信", ""},
		{"S05", "公安司法", ""}, {"S06", "民政社会", ""}, {"S07", "财税金融", ""}, {"S08", "人社医保", ""},
		{"S09", "自然资源", ""}, {"S10", "住建城管", ""}, {"S11", "交通运输", ""}, {"S12", "农林水利", ""},
		{"S13", "商务文旅", ""}, {"S14", "卫生健康", ""}, {"S15", "应急管理", ""}, {"S16", "市场监管", ""},
		{"S17", "政务服务", ""}, {"S18", "基层治理", ""}, {"S0801", "医疗保障", "S08"}, {"S0901", "生态环境", "S09"},
		{"S1201", "林业", "S12"}, {"S1701", "大数据", "S17"},
	}
}
