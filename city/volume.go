package city

import "math"

// Messages that a case brings on average, before and after the reform, as measured over many seeds. They must not be
// learned on the way: the number of cases would then follow the length of the processes.
const (
	messagesBefore = 14.2
	messagesAfter  = 12.6
)

// backlogDays is how many working days' step events are missing at any time, because their cases are still open.
const backlogDays = 5.5

// setRate fixes how many cases a unit of the plan brings, so that the period's step events come to the configured share.
func (g *Generator) setRate() {
	var messages float64 // that one case per unit would bring
	for day := g.from; day <= g.to; day++ {
		messages += float64(g.plan.share[day]) * g.messagesOn(day)
	}
	workdays := float64(max(1, g.hours.before[g.to+1]-g.hours.before[g.from]))
	delivered := max(0.3, 1-backlogDays/workdays)
	g.casesPerUnit = float64(g.cfg.Records) * (1 - g.cfg.WorkShare) / (messages * delivered)
}

// messagesOn is how many messages a case brings that begins on a day.
func (g *Generator) messagesOn(day int) float64 {
	if moment(day)*daySeconds >= g.draws.reformDay {
		return messagesAfter
	}
	return messagesBefore
}

// volume returns how many cases and reports begin on the day in hand, so that the period ends with the configured number.
func (g *Generator) volume(waiting int) (cases, reports int) {
	n := g.cfg.Records
	share := float64(g.plan.share[g.day])
	plannedReports := float64(n) * g.cfg.WorkShare * float64(g.plan.upTo[g.day]) / float64(g.plan.total)
	planned := plannedReports + g.plannedSteps
	made := float64(g.stats.Records) + float64(len(g.held))
	wanted := share * g.casesPerUnit
	if made > planned+float64(n)*0.03 {
		// A few long cases weigh much in a small number of records, which must reach to the last day.
		wanted *= max(0.2, (float64(n)-made)/(float64(n)-planned))
	}
	cases = g.round(wanted)
	if g.day == g.to {
		// What the cases will still bring today is a guess: a little more than those that wait for today. The rest is
		// made up by reports, and what is then missing by imported ones.
		return cases, int(max(0, float64(n)-made-float64(waiting)*1.5-wanted*2))
	}
	// Reports make up slowly for what cases brought too much or too little, seen against cases that began the backlog ago.
	correction := 0.0
	if g.hours.works[g.day] {
		left := float64(max(2, g.hours.before[g.to+1]-g.hours.before[g.day]))
		correction = (planned - made) / left
	}
	g.plannedSteps += g.stepsOf(g.day)
	today := float64(n) * g.cfg.WorkShare * share / float64(g.plan.total) / reportMessages
	return cases, g.round(min(max(today+correction, today/5), today*2))
}

// stepsOf returns the step events that a day should bring: those of the cases that began the backlog before it.
func (g *Generator) stepsOf(day int) float64 {
	if !g.hours.works[day] {
		return 0
	}
	k := g.hours.before[day] - moment(math.Round(backlogDays))
	if k < g.hours.before[g.from] {
		return 0
	}
	// The days of rest before a working day count with it.
	first, last := g.from, int(g.hours.days[k])
	if k > 0 {
		first = max(first, int(g.hours.days[k-1])+1)
	}
	return float64(g.plan.upTo[last+1]-g.plan.upTo[first]) * g.casesPerUnit * g.messagesOn(last)
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
