package city

// kind is the shape of a process.
type kind uint8

const (
	instant   kind = iota // done at the counter
	licence               // examined, perhaps visited, signed, certificate made
	joint                 // several departments examine at the same time
	benefit               // from the township through the county to the payment
	paper                 // an official paper goes round
	enforcing             // a violation is investigated and punished
	relief                // winter and spring relief, in procedures and steps
)

// levels at which a process is executed.
const (
	atCity = 1 << iota
	atCounty
	atTown
)

// item is a service or power item with its process.
type item struct {
	office     string
	name       string
	kind       kind
	at         int
	promised   int // working days; 0: at once
	statutory  int
	importance int // 1 simple, 2 general, 3 major
	load       int // share of cases, relative
	visit      bool
	expert     bool
}

const both = atCity | atCounty

// items are the processes of the city. The names are those of items that such departments really have.
func items() []item {
	return []item{
		{"SPJ", "企业设立登记", licence, both, 1, 15, 1, 160, false, false},
		{"SPJ", "个体工商户登记", instant, atCounty, 0, 15, 1, 210, false, false},
		{"SPJ", "企业变更登记", instant, both, 0, 15, 1, 120, false, false},
		{"SPJ", "食品经营许可", licence, both, 5, 20, 1, 120, true, false},
		{"SPJ", "食品生产许可", licence, both, 8, 20, 2, 22, true, true},
		{"SPJ", "药品零售经营许可", licence, both, 10, 30, 2, 24, true, false},
		{"SPJ", "医疗机构执业登记", licence, both, 10, 45, 2, 16, true, true},
		{"SPJ", "公共场所卫生许可", licence, both, 5, 20, 1, 46, true, false},
		{"SPJ", "建筑工程施工许可", joint, both, 3, 7, 2, 30, false, false},
		{"SPJ", "企业投资项目备案", instant, both, 0, 5, 1, 60, false, false},
		{"SPJ", "企业投资项目核准", joint, atCity, 8, 20, 3, 8, false, true},
		{"SPJ", "政府投资项目可行性研究报告审批", joint, both, 8, 20, 3, 10, false, true},
		{"SPJ", "道路货物运输经营许可", licence, atCounty, 3, 20, 1, 60, false, false},
		{"SPJ", "城镇污水排入排水管网许可", licence, both, 7, 20, 2, 14, true, false},
		{"SPJ", "林木采伐许可", licence, atCounty, 7, 20, 2, 16, true, false},
		{"SPJ", "取水许可", licence, both, 12, 45, 2, 8, true, true},
		{"SPJ", "民办学校设立审批", licence, both, 20, 90, 3, 5, true, true},
		{"SPJ", "人力资源服务许可", licence, both, 5, 20, 1, 10, false, false},
		{"SPJ", "户外广告设施设置审批", licence, both, 4, 20, 1, 26, true, false},
		{"SPJ", "特种设备使用登记", licence, both, 5, 30, 1, 34, false, false},
		{"SPJ", "社会团体成立登记", licence, both, 12, 60, 2, 5, false, false},
		{"SPJ", "消毒产品生产企业卫生许可", licence, atCity, 10, 20, 2, 4, true, true},
		{"ZFB", "上级来文办理", paper, both, 5, 0, 2, 40, false, false},
		{"ZFB", "政府信息公开申请答复", licence, both, 12, 20, 2, 9, false, false},
		{"FGW", "节能审查", licence, both, 10, 20, 2, 9, false, true},
		{"FGW", "重大项目请示办理", paper, both, 6, 0, 3, 12, false, false},
		{"JYJ", "教师资格认定", licence, both, 15, 20, 1, 20, false, false},
		{"JYJ", "义务教育入学办理", benefit, atTown, 10, 20, 1, 40, false, false},
		{"KJJ", "高新技术企业推荐", licence, both, 15, 30, 2, 7, false, true},
		{"GXJ", "技术改造项目备案", instant, both, 0, 5, 1, 14, false, false},
		{"MZJ", "宗教活动场所事项审批", licence, atCity, 15, 30, 3, 3, true, false},
		{"GAJ", "户口迁移", instant, atCounty, 0, 10, 1, 90, false, false},
		{"GAJ", "居民身份证办理", licence, atCounty, 15, 60, 1, 80, false, false},
		{"GAJ", "剧毒化学品购买许可", licence, both, 2, 3, 2, 8, false, false},
		{"GAJ", "治安案件查处", enforcing, atCounty, 25, 30, 2, 22, false, false},
		{"MZH", "最低生活保障审核确认", benefit, atTown, 18, 30, 2, 42, true, false},
		{"MZH", "特困人员供养认定", benefit, atTown, 18, 30, 2, 14, true, false},
		{"MZH", "临时救助审批", benefit, atTown, 8, 20, 1, 22, true, false},
		{"MZH", "婚姻登记", instant, atCounty, 0, 1, 1, 50, false, false},
		{"SFJ", "法律援助审批", licence, both, 3, 7, 1, 12, false, false},
		{"SFJ", "行政复议案件办理", enforcing, both, 40, 60, 3, 5, false, false},
		{"CZJ", "政府采购计划备案", instant, both, 0, 5, 1, 26, false, false},
		{"CZJ", "预算追加请示办理", paper, both, 7, 0, 3, 14, false, false},
		{"RSJ", "社会保险登记", instant, both, 0, 5, 1, 100, false, false},
		{"RSJ", "养老保险待遇核定", licence, both, 5, 20, 1, 60, false, false},
		{"RSJ", "工伤认定", licence, both, 30, 60, 2, 22, true, false},
		{"RSJ", "就业困难人员认定", benefit, atTown, 7, 20, 1, 24, false, false},
		{"ZRZ", "不动产登记", licence, atCounty, 2, 30, 1, 110, false, false},
		{"ZRZ", "建设用地规划许可", joint, both, 5, 20, 2, 14, false, false},
		{"ZRZ", "建设工程规划许可", joint, both, 7, 20, 3, 14, false, true},
		{"ZRZ", "采矿权审批", licence, atCity, 20, 40, 3, 3, true, true},
		{"STJ", "建设项目环境影响评价审批", licence, both, 12, 30, 2, 14, false, true},
		{"STJ", "排污许可", licence, both, 10, 30, 2, 16, true, false},
		{"STJ", "环境违法案件查处", enforcing, both, 60, 90, 2, 6, false, false},
		{"ZJJ", "商品房预售许可", licence, both, 5, 10, 2, 12, true, false},
		{"ZJJ", "建设工程消防验收", licence, both, 10, 15, 2, 16, true, false},
		{"ZJJ", "建筑业企业资质审批", licence, atCity, 10, 20, 2, 10, false, true},
		{"ZJJ", "公共租赁住房保障资格审核", benefit, atTown, 20, 30, 2, 12, true, false},
		{"CGJ", "占用城市道路审批", licence, both, 3, 20, 1, 18, true, false},
		{"CGJ", "建筑垃圾处置核准", licence, both, 4, 20, 1, 18, true, false},
		{"CGJ", "城市管理案件查处", enforcing, both, 30, 60, 2, 16, false, false},
		{"JTJ", "超限运输许可", licence, both, 2, 20, 1, 30, false, false},
		{"JTJ", "出租汽车经营许可", licence, both, 10, 20, 2, 9, true, false},
		{"JTJ", "道路运输案件查处", enforcing, both, 30, 60, 2, 14, false, false},
		{"SLJ", "水土保持方案审批", licence, both, 5, 10, 2, 8, false, true},
		{"SLJ", "河道管理范围建设项目审批", licence, both, 10, 20, 3, 5, true, true},
		{"NYJ", "动物防疫条件合格证核发", licence, atCounty, 10, 20, 1, 14, true, false},
		{"NYJ", "农药经营许可", licence, atCounty, 8, 20, 1, 14, true, false},
		{"NYJ", "农业惠农补贴发放", benefit, atTown, 20, 45, 1, 42, true, false},
		{"SWJ", "成品油零售经营审批", licence, both, 8, 20, 2, 5, true, false},
		{"SWJ", "对外贸易经营者备案", instant, both, 0, 5, 1, 12, false, false},
		{"WLJ", "营业性演出审批", licence, both, 2, 20, 1, 9, false, false},
		{"WLJ", "文物保护工程审批", licence, atCity, 15, 20, 3, 2, true, true},
		{"WJW", "医师执业注册", instant, both, 0, 20, 1, 40, false, false},
		{"WJW", "生育登记服务", instant, atTown, 0, 5, 1, 46, false, false},
		{"WJW", "卫生监督案件查处", enforcing, both, 45, 60, 2, 8, false, false},
		{"TYJ", "优抚待遇认定", benefit, atTown, 15, 30, 2, 10, true, false},
		{"YJJ", "受灾人员冬春救助", relief, atTown, 60, 90, 3, 8, false, false},
		{"YJJ", "危险化学品经营许可", licence, both, 10, 30, 2, 10, true, true},
		{"YJJ", "安全生产案件查处", enforcing, both, 45, 60, 2, 6, false, false},
		{"SJJ", "审计项目实施", paper, both, 30, 0, 3, 4, false, false},
		{"WSB", "因公出国审批", paper, atCity, 5, 0, 3, 3, false, false},
		{"GZW", "企业重大事项核准", paper, atCity, 10, 0, 3, 3, false, false},
		{"SCJG", "投诉举报办理", enforcing, both, 20, 60, 1, 60, false, false},
		{"SCJG", "食品安全案件查处", enforcing, both, 60, 90, 2, 16, false, false},
		{"SCJG", "股权出质登记", instant, both, 0, 1, 1, 16, false, false},
		{"TYU", "高危险性体育项目许可", licence, atCity, 7, 20, 2, 3, true, false},
		{"TJJ", "统计违法案件查处", enforcing, both, 60, 90, 2, 2, false, false},
		{"YBJ", "医疗费用手工报销", licence, both, 15, 30, 1, 70, false, false},
		{"YBJ", "异地就医备案", instant, both, 0, 5, 1, 110, false, false},
		{"YBJ", "门诊慢特病资格认定", licence, both, 10, 20, 1, 44, false, true},
		{"DSJ", "政务信息化项目审批", paper, both, 10, 0, 2, 5, false, false},
		{"DSJ", "数据共享需求办理", licence, both, 3, 10, 1, 14, false, false},
		{"LYJ", "使用林地审核", licence, both, 10, 20, 2, 6, true, true},
		{"XFJ", "信访事项办理", paper, both, 40, 60, 2, 30, false, false},
		{"XFJ", "信访复查", paper, both, 20, 30, 3, 5, false, false},
		{"JRJ", "小额贷款公司设立审核", licence, atCity, 15, 20, 3, 2, true, false},
		{"RFB", "结建人防工程审批", licence, atCity, 8, 20, 2, 6, false, false},
	}
}
