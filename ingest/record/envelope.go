package record

import (
	"math"
	"slices"
)

// Limits of the integer types that the domain names.
const (
	maxInt8  = math.MaxInt8
	maxInt16 = math.MaxInt16
	maxInt32 = math.MaxInt32
)

// envelope is what every record type carries, declared once. Field ext is not in the list: it has no column of its
// own kind, the decoder collects it into Row.Ext.
var envelope = []Field{
	{Name: "schema", Kind: String, Required: true, MaxLen: 64,
		ZH: "记录类型和版本，如 duty.step.v1", EN: "record type and version, e.g. duty.step.v1"},
	{Name: "event_id", Kind: String, Required: true, MaxLen: 64,
		ZH: "幂等键，在（记录类型，来源系统）内永久唯一", EN: "idempotency key, unique per record type and source for all time"},
	{Name: "event_time", Kind: Time, Required: true,
		ZH: "业务发生时间", EN: "when it happened"},
	{Name: "source", Kind: String, Required: true, MaxLen: 64,
		ZH: "来源系统", EN: "sending system"},
	{Name: "op", Kind: Enum, ZH: "操作，缺省为 upsert", EN: "operation; missing means upsert",
		Codes: []Code{
			{"upsert", "新增或更正", "new or revised"},
			{"delete", "撤销，视为从未存在", "the record never existed"},
		}},
	{Name: "rev", Kind: Int, Min: 0, Max: maxInt32,
		ZH: "修订号，缺省为 0，取最大者", EN: "revision; missing means 0, the highest wins"},
	{Name: "seq", Kind: Int, Min: math.MinInt64, Max: math.MaxInt64,
		ZH: "同一对象内同一时刻的先后", EN: "order inside an entity when times tie"},
	{Name: "region_code", Kind: Region, Required: true, MaxLen: 32,
		ZH: "行政区划代码，6 位、9 位右补零到 12 位", EN: "region; 6 or 9 digits are padded with zeros to 12, any other code is kept"},
	{Name: "org_code", Kind: String, Required: true, MaxLen: 32,
		ZH: "部门代码", EN: "department"},
	{Name: "section_code", Kind: String, MaxLen: 32,
		ZH: "科室代码", EN: "section"},
	{Name: "post_code", Kind: String, MaxLen: 32,
		ZH: "岗位代码", EN: "post"},
	{Name: "actor_id", Kind: String, MaxLen: 64, Pseudonym: true,
		ZH: "经办人化名，不得为姓名、身份证号、手机号", EN: "pseudonym of the person; names, ID numbers and mobile numbers are rejected"},
	{Name: "sector_code", Kind: String, MaxLen: 16,
		ZH: "行业（条线）代码，缺省取部门的", EN: "sector; missing means that of the department"},
	{Name: "is_test", Kind: Bool,
		ZH: "测试数据，一律不计", EN: "test data, excluded everywhere"},
}

// withEnvelope puts the fields of a record type behind the envelope.
func withEnvelope(fields ...Field) []Field {
	return slices.Concat(envelope, fields)
}

// units are the units of time limits; units of different clocks are never converted here.
var units = []Code{
	{"wd", "工作日", "working day"},
	{"nd", "自然日", "natural day"},
	{"wh", "工作小时", "working hour"},
	{"wmin", "工作分钟", "working minute"},
	{"h", "小时", "hour"},
	{"min", "分钟", "minute"},
}
