package record

// work is duty.work v1.0: what a post reports that it did.
var work = Contract{
	Name: "duty.work", Major: 1, Minor: 0, EntityID: "record_id", EventDate: "work_date",
	ZH: "履职填报", EN: "duty reports",
	Fields: withEnvelope(
		Field{Name: "record_id", Kind: String, Required: true, MaxLen: 64, ZH: "填报编号", EN: "report"},
		Field{Name: "work_date", Kind: Date, Required: true, ZH: "履职日期", EN: "day the work was done"},
		Field{Name: "task_code", Kind: String, Required: true, MaxLen: 64, ZH: "职责任务编码，不在清单内的计为清单外", EN: "duty task; one that is not in the list counts as off-list"},
		Field{Name: "list_kind", Kind: Enum, ZH: "所属清单", EN: "list that the task is in", Codes: []Code{
			{"task", "职责任务清单", "duty tasks"},
			{"power", "权责清单", "powers"},
			{"boundary", "职责边界清单", "boundaries"},
			{"temp", "临时任务", "temporary"},
			{"none", "清单外", "off-list"},
		}},
		Field{Name: "phase", Kind: Enum, Required: true, ZH: "阶段", EN: "phase", Codes: []Code{
			{"submit", "填报", "submitted"},
			{"review", "审阅", "reviewed"},
			{"return", "退回", "returned"},
			{"void", "作废", "voided"},
		}},
		Field{Name: "quantity", Kind: Decimal, Min: 0, ZH: "数量，缺省为 1", EN: "quantity; missing means 1"},
		Field{Name: "minutes", Kind: Int, Min: 0, Max: 1440, ZH: "用时（分钟）", EN: "effort in minutes"},
		Field{Name: "start_at", Kind: Time, ZH: "开始时间", EN: "started"},
		Field{Name: "end_at", Kind: Time, ZH: "结束时间", EN: "ended"},
		Field{Name: "result", Kind: Enum, ZH: "完成情况", EN: "result", Codes: []Code{
			{"done", "完成", "done"},
			{"partial", "部分完成", "partly done"},
			{"ongoing", "进行中", "ongoing"},
			{"failed", "未完成", "failed"},
		}},
		Field{Name: "review_level", Kind: Int, Min: 1, Max: maxInt8, ZH: "审阅层级", EN: "level of the reviewer"},
		Field{Name: "review_score", Kind: Decimal, Min: 0, Max: 100_000, ZH: "审阅评分，0 至 100", EN: "score of the review, 0 to 100"},
		Field{Name: "collect_mode", Kind: Enum, ZH: "采集方式", EN: "how it was collected", Codes: []Code{
			{"daily", "日常填报", "daily report"},
			{"inspection", "检查", "inspection"},
			{"import", "导入", "import"},
			{"auto", "自动采集", "automatic"},
		}},
		Field{Name: "case_id", Kind: String, MaxLen: 64, ZH: "关联办件", EN: "case that it belongs to"},
		Field{Name: "goal_code", Kind: String, MaxLen: 64, ZH: "关联年度目标", EN: "yearly goal"},
		Field{Name: "body_code", Kind: String, MaxLen: 64, ZH: "关联议事协调机构", EN: "coordination body"},
		Field{Name: "evidence_n", Kind: Int, Min: 0, Max: maxInt16, ZH: "佐证材料数", EN: "attachments"},
		Field{Name: "text_hash", Kind: String, MaxLen: 128, ZH: "正文散列值，正文不入库", EN: "hash of the text; the text itself is not stored"},
		Field{Name: "text_len", Kind: Int, Min: 0, Max: maxInt32, ZH: "正文长度", EN: "length of the text"},
	),
	Rules: []Rule{
		{Field: "section_code", Reason: MissingField, Need: []string{"section_code"},
			ZH: "履职填报须有 section_code", EN: "a duty report needs section_code"},
		{Field: "post_code", Reason: MissingField, Need: []string{"post_code"},
			ZH: "履职填报须有 post_code", EN: "a duty report needs post_code"},
		{Field: "actor_id", Reason: MissingField, Need: []string{"actor_id"},
			ZH: "履职填报须有 actor_id", EN: "a duty report needs actor_id"},
	},
}
