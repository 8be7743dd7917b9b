package record

import "fmt"

// Reason says in one short code why a message was rejected. The codes are stored and counted: they are never renamed.
type Reason string

// The reasons, in the order in which they are looked for. Reasons() holds what each one means.
const (
	NullValue      Reason = "null_value"
	BadUTF8        Reason = "bad_utf8"
	NotJSON        Reason = "not_json"
	NotObject      Reason = "not_object"
	TooDeep        Reason = "too_deep"
	WrongSchema    Reason = "wrong_schema"
	DuplicateKey   Reason = "duplicate_key"
	WrongType      Reason = "wrong_type"
	UnknownCode    Reason = "unknown_code"
	TooLong        Reason = "too_long"
	BadNumber      Reason = "bad_number"
	OutOfRange     Reason = "out_of_range"
	BadTime        Reason = "bad_time"
	TimeOutOfRange Reason = "time_out_of_range"
	PersonalData   Reason = "personal_data"
	ExtTooLarge    Reason = "ext_too_large"
	MissingField   Reason = "missing_field"
)

// ReasonDoc says what a reason means.
type ReasonDoc struct {
	Reason Reason
	ZH, EN string
}

// Reasons lists every reason with its meaning.
func Reasons() []ReasonDoc {
	return []ReasonDoc{
		{NullValue, "消息值为空", "the message has no value"},
		{BadUTF8, "不是有效的 UTF-8，或含单独的代理码位", "not valid UTF-8, or a lone surrogate escape"},
		{NotJSON, "不是一个完整的 JSON 值，或其后还有内容", "not one whole JSON value, or something follows it"},
		{NotObject, "JSON 值不是对象", "the JSON value is not an object"},
		{TooDeep, "嵌套过深", "nested too deeply"},
		{WrongSchema, "schema 不是本记录类型，或主版本未知", "schema is of another record type or of an unknown major version"},
		{DuplicateKey, "同一字段出现两次", "a field occurs twice"},
		{WrongType, "JSON 类型不符", "the JSON type is not one that the field accepts"},
		{UnknownCode, "值不在代码表中", "the value is not in the code list"},
		{TooLong, "超出长度（按字符数）", "longer than allowed, in code points"},
		{BadNumber, "数字无法读取，或小数位过多", "unreadable as a number, or with more decimals than allowed"},
		{OutOfRange, "数字超出范围", "the number is out of range"},
		{BadTime, "时间或日期格式不符、不存在，或缺少时差", "not a time or date of the accepted form, impossible, or without offset"},
		{TimeOutOfRange, "时间超出允许范围", "the time is outside the accepted range"},
		{PersonalData, "化名字段像姓名、身份证号或手机号", "a pseudonym looks like a name, an ID number or a mobile number"},
		{ExtTooLarge, "ext 与未知字段合计超过 64 KiB", "ext and unknown fields together exceed 64 KiB"},
		{MissingField, "缺少必填字段，或为空", "a required field is missing or empty"},
	}
}

// Reject says why a message did not become a row. It is stored beside the raw bytes.
type Reject struct {
	Reason Reason
	Field  string // the field at fault, empty when it is the message as a whole
	Detail string // for people; never holds a value of a pseudonym field

	// What could be read of the message, cut to the lengths of the fields; empty when it could not be read.
	Schema, Source, EventID, EntityID string
}

// Error makes a Reject usable where an error is wanted, such as a producer that checks before it sends.
func (r *Reject) Error() string {
	if r.Field == "" {
		return fmt.Sprintf("%s: %s", r.Reason, r.Detail)
	}
	return fmt.Sprintf("%s: %s: %s", r.Reason, r.Field, r.Detail)
}
