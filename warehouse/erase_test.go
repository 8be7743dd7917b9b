package warehouse_test

import (
	"fmt"
	"testing"

	"github.com/dutyflow/dutyflow/warehouse"
	"github.com/dutyflow/dutyflow/warehouse/warehousetest"
)

// A value is found wherever it stands as a word: in Chinese text, which has no spaces, and behind every escape that JSON
// knows, in JSON within JSON too. A longer word that holds it is another word.
func TestLake_Forget_mentions(t *testing.T) {
	texts := []struct {
		value, text string
		held        bool
	}{
		{"secret-1", `{"x":"请将案件secret-1转交"}`, true},
		{"secret-1", `{"x":"secret-1，secret-12"}`, true},
		{"secret-1", `{"x":"secret-12"}`, false},
		{"secret-1", `{"x":"xsecret-1"}`, false},
		{"secret-1", `{"x":"a_secret-1"}`, false},
		{"secret-1", `{"x":"see\nsecret-1\n"}`, true},
		{"secret-1", `{"x":"\u0073ecret\u002D1"}`, true},
		{"secret-1", `{"x":"\u0073ecret-1\u0032"}`, false},
		{"secret-1", `not JSON \u00, and secret-1\`, true},
		{"张三", `{"x":"请张三办理"}`, true},
		{"张三", `{"x":"\u5f20\u4E09"}`, true},
		{"张三", `{"x":"\u5F20\u4e09x"}`, true},
		{"张三", `{"x":"张四"}`, false},
		{"a/b", `{"x":"a\/b"}`, true},
		{`a"b\`, `{"x":"a\"b\\"}`, true},
		{`c"d`, `{"x":"{\"y\":\"c\\\"d\"}"}`, true},
		{"u-😀", `{"x":"u-\ud83d\uDE00"}`, true},
	}
	lake := warehousetest.New(t, []warehouse.Table{step})
	for i, c := range texts {
		p := warehouse.Partition{Cluster: "c", Topic: "t", ID: int32(i)}
		row := stepRow(p, 0)
		row["case_id"], row["note"], row["ext"] = "other", nil, c.text
		must(t, lake.Append(t.Context(), "step", warehouse.Append{Files: stage(t, lake.Lake, row), Moves: moves(move(p, warehouse.NoMark, 1))}))
	}
	for i, c := range texts {
		o := warehouse.ForgetOptions{Value: c.value, Erase: forgetCase[:1], DryRun: true}
		steps, err := lake.Forget(t.Context(), o)
		must(t, err)
		want := int64(0)
		for _, other := range texts {
			if other.value == c.value && other.held {
				want++
			}
		}
		if steps[0].Cells != want {
			t.Errorf("%d: %s was found in %d cells, want %d", i, c.value, steps[0].Cells, want)
		}
	}
	o := warehouse.ForgetOptions{Erase: forgetCase[:1]}
	for _, o.Value = range []string{"secret-1", "张三", "a/b", `a"b\`, `c"d`, "u-😀"} {
		_, err := lake.Forget(t.Context(), o)
		must(t, err)
	}
	kept := map[string]bool{}
	for _, row := range lake.Rows("step") {
		kept[fmt.Sprint(row["ext"])] = true
	}
	for _, c := range texts {
		if kept[c.text] == c.held {
			t.Errorf("%s in %s: kept %t", c.value, c.text, kept[c.text])
		}
	}
}
