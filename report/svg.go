package report

import (
	"math"
	"strconv"
)

// drawing is a chart with every coordinate worked out; templates/chart.html only writes it down. Coordinates are in
// units of the view box, which is narrow enough that its text stays readable on a phone.
type drawing struct {
	*chart
	Width, Height int
	Grid          []gridLine
	Columns       []rect
	Lines         []polyline
	Dots          []dot
	Marks         []mark
	Ticks         []tick
	Legend        []legendItem
	Base          float64
	Left, Right   float64
	top           float64
}

type gridLine struct {
	Y    float64
	Text string
}

type rect struct {
	X, Y, W, H float64
	Class      int
	Text       string
}

type polyline struct {
	Points string
	Class  int
}

type dot struct {
	X, Y  float64
	Class int
	Text  string
	Label string // printed behind the dot
}

type mark struct {
	X, Y, Before      float64
	HasBefore         bool
	Name, Whole, Text string
}

type tick struct {
	X    float64
	Text string
}

type legendItem struct {
	X     float64
	Name  string
	Class int
	Line  bool
}

const (
	chartWidth  = 560
	chartHeight = 230
	chartLeft   = 52
	chartRight  = 12
	chartTop    = 34
	chartBottom = 26
	lineEnd     = 46 // room for the last value behind its dot
	rankHeight  = 26
	rankName    = 150 // room for names
	rankNumber  = 84  // room for the numbers at the right edge
)

func draw(c *chart) *drawing {
	d := &drawing{chart: c, Width: chartWidth, Height: chartHeight, Left: chartLeft, Right: chartWidth - chartRight, top: chartTop}
	if len(c.Series) == 1 && c.Type != "rank" {
		d.top = chartTop / 3 // no legend
	}
	switch c.Type {
	case "rank":
		d.drawRank()
	case "columns":
		d.drawColumns()
	default:
		d.drawLines()
	}
	return d
}

// scale is a nice axis: from low to high in equal steps that people count in.
type scale struct {
	low, high, step float64
	digits          int
}

func axis(low, high float64, lines int) scale {
	if high <= low {
		high = low + 1
	}
	raw := (high - low) / float64(lines)
	power := math.Pow(10, math.Floor(math.Log10(raw)))
	step := 10 * power
	for _, factor := range []float64{1, 2, 2.5, 5} {
		if raw <= factor*power {
			step = factor * power
			break
		}
	}
	s := scale{low: math.Floor(low/step) * step, step: step}
	s.high = math.Ceil(high/step-1e-9) * step
	for s.digits < 3 && math.Abs(round(step, s.digits)-step) > 1e-9 {
		s.digits++
	}
	return s
}

func (d *drawing) y(s scale, v float64) float64 {
	room := float64(d.Height-chartBottom) - d.top
	return round(d.top+room*(1-(v-s.low)/(s.high-s.low)), 1)
}

func (d *drawing) grid(s scale, suffix string) {
	widest := width(fixed(s.high, s.digits) + suffix)
	d.Left = max(d.Left, float64(12+16*widest))
	for i := 0; ; i++ {
		v := s.low + float64(i)*s.step
		if v > s.high+s.step/2 {
			break
		}
		d.Grid = append(d.Grid, gridLine{Y: d.y(s, v), Text: fixed(v, s.digits) + suffix})
	}
	d.Base = d.y(s, s.low)
}

// slot is the middle of column i and the room that it has.
func (d *drawing) slot(i int) (middle, room float64) {
	room = (d.Right - d.Left) / float64(len(d.Labels))
	return d.Left + room*(float64(i)+0.5), room
}

func (d *drawing) months() {
	every := 1
	if len(d.Short) > 8 {
		every = 2
	}
	for i, text := range d.Short {
		if (len(d.Short)-1-i)%every == 0 {
			x, _ := d.slot(i)
			d.Ticks = append(d.Ticks, tick{X: round(x, 1), Text: text})
		}
	}
}

func (d *drawing) legend(line bool) {
	x := d.Left
	for i, s := range d.Series {
		d.Legend = append(d.Legend, legendItem{X: x, Name: s.Name, Class: i + 1, Line: line})
		x += 36 + 17*float64(width(s.Name))
	}
}

// width is roughly how many wide characters a text takes: a Latin letter is half of one.
func width(text string) int {
	n := 0
	for _, r := range text {
		if r > 0x2e80 {
			n += 2
		} else {
			n++
		}
	}
	return (n + 1) / 2
}

func (d *drawing) drawColumns() {
	high := 0.0
	for _, s := range d.Series {
		for _, p := range s.Points {
			high = max(high, p.Value)
		}
	}
	s := axis(0, high, 4)
	d.grid(s, "")
	for i := range d.Labels {
		middle, room := d.slot(i)
		thick := room * 0.72 / float64(len(d.Series))
		for j, one := range d.Series {
			p := one.Points[i]
			if !p.Known {
				continue
			}
			top := d.y(s, p.Value)
			d.Columns = append(d.Columns, rect{
				X: round(middle-room*0.36+thick*float64(j), 1), Y: top, W: round(thick-1, 1), H: round(d.Base-top, 1),
				Class: j + 1, Text: d.Labels[i] + " " + one.Name + " " + p.Text,
			})
		}
	}
	d.months()
	d.legend(false)
}

func (d *drawing) drawLines() {
	low, high := math.Inf(1), math.Inf(-1)
	for _, s := range d.Series {
		for _, p := range s.Points {
			if p.Known {
				low, high = min(low, p.Value), max(high, p.Value)
			}
		}
	}
	// A rate that hardly moves must not look like an earthquake: the axis spans at least four units.
	if high-low < 4 {
		middle := (high + low) / 2
		low, high = middle-2, middle+2
	}
	s := axis(low, high, 4)
	d.Right -= lineEnd
	d.grid(s, "%")
	for j, one := range d.Series {
		points, last := "", -1
		for i, p := range one.Points {
			if !p.Known {
				continue
			}
			x, _ := d.slot(i)
			x, y := round(x, 1), d.y(s, p.Value)
			points += format(x) + "," + format(y) + " "
			d.Dots = append(d.Dots, dot{X: x, Y: y, Class: j + 1, Text: d.Labels[i] + " " + one.Name + " " + p.Text})
			last = i
		}
		if last >= 0 {
			d.Dots[len(d.Dots)-1].Label = one.Points[last].Text
		}
		d.Lines = append(d.Lines, polyline{Points: points, Class: j + 1})
	}
	d.months()
	if len(d.Series) > 1 {
		d.legend(true)
	}
}

// drawRank draws one line per unit, in the order of the data: the value as a dot at the end of a stem, the value of the
// period before as a ring. The axis need not start at zero, which is why these are no bars: the length of a bar that
// starts elsewhere lies about proportions.
func (d *drawing) drawRank() {
	low, high := math.Inf(1), math.Inf(-1)
	for _, s := range d.Series {
		for _, p := range s.Points {
			if p.Known {
				low, high = min(low, p.Value), max(high, p.Value)
			}
		}
	}
	s := axis(low-0.5, min(high+0.5, 100), 4)
	s.high = min(s.high, 100)
	d.Left, d.Right = rankName, chartWidth-rankNumber
	d.Height = chartTop + rankHeight*len(d.Labels) + chartBottom
	x := func(v float64) float64 { return round(d.Left+(d.Right-d.Left)*(v-s.low)/(s.high-s.low), 1) }
	for i := 0; ; i++ {
		v := s.low + float64(i)*s.step
		if v > s.high+s.step/1000 {
			break
		}
		d.Ticks = append(d.Ticks, tick{X: x(v), Text: fixed(v, s.digits) + "%"})
	}
	d.Base = float64(d.Height - chartBottom)
	for i, p := range d.Series[0].Points {
		m := mark{Y: float64(chartTop + rankHeight*i + rankHeight/2), X: x(p.Value), Name: clip(d.Labels[i]), Whole: d.Labels[i], Text: p.Text}
		if len(d.Series) > 1 && d.Series[1].Points[i].Known {
			m.Before, m.HasBefore = x(d.Series[1].Points[i].Value), true
		}
		d.Marks = append(d.Marks, m)
	}
	d.legend(false)
}

// clip shortens a name to the room that it has; the table beside the chart has it whole.
func clip(name string) string {
	const room = 8
	if width(name) <= room {
		return name
	}
	out := ""
	for _, r := range name {
		if width(out+string(r)) > room-1 {
			break
		}
		out += string(r)
	}
	return out + "…"
}

func format(x float64) string { return strconv.FormatFloat(x, 'f', -1, 64) }
