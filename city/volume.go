package city

// backlog is the share of a year's step events that belong to cases still open: at any time they are missing.
const backlog = 0.02

// volume returns how many cases and reports begin on the day in hand, so that the period ends with the configured number.
func (g *Generator) volume(waiting int) (cases, reports int) {
	n := g.cfg.Records
	before, through := g.plan.quota(g.day-1, n), g.plan.quota(g.day, n)
	today := float64(through - before)
	share := g.cfg.WorkShare
	wanted := today * (1 - share) * (1 + backlog) / g.measured.value()
	cases = g.round(wanted)

	made := g.stats.Records + int64(len(g.held))
	if g.day == g.to {
		// What the cases will still bring today is a guess: a little more than those that wait for today. The rest is
		// made up by reports, and what is then missing by imported ones.
		return cases, int(max(0, n-made-int64(waiting)*3/2-int64(wanted*2)))
	}
	// Cases lag behind their acceptance. Reports follow the plan, and make up slowly for what cases brought too much or too little.
	expected := float64(before) - backlog*(1-share)*float64(n-before)*float64(min(20, g.day-g.from))/20
	daysLeft := float64(max(1, (g.to-g.day)*5/7))
	correction := (expected - float64(made)) / daysLeft
	if !g.hours.works[g.day] {
		correction = 0
	}
	wantedReports := max(today*share/reportMessages+correction, today*share/4)
	return cases, g.round(wantedReports)
}

// reportMessages is how many messages a report brings: it is submitted, and some are reviewed.
const reportMessages = 1.24

// round rounds up or down by chance, so that small volumes are right on average.
func (g *Generator) round(x float64) int {
	whole := int(x)
	if g.chance.below(1<<20) < int((x-float64(whole))*(1<<20)) {
		whole++
	}
	return whole
}
