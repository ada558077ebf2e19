package actors

import "testing"

// explored are all worlds that can be reached, with what can happen in each.
type explored map[world][]move

func explore(t *testing.T, starts ...world) explored {
	seen := make(explored)
	for queue := starts; len(queue) > 0; {
		w := queue[len(queue)-1]
		queue = queue[:len(queue)-1]
		if _, ok := seen[w]; ok {
			continue
		}
		seen[w] = w.moves(t)
		for _, m := range seen[w] {
			queue = append(queue, m.to)
		}
	}
	return seen
}

// leadingTo are the worlds from which a goal can be reached by moves of that kind.
func (all explored) leadingTo(goal func(world) bool, usable func(move) bool) map[world]bool {
	back := make(map[world][]world)
	reached := make(map[world]bool)
	var queue []world
	for w, moves := range all {
		for _, m := range moves {
			if usable(m) {
				back[m.to] = append(back[m.to], w)
			}
		}
		if goal(w) {
			reached[w] = true
			queue = append(queue, w)
		}
	}
	for len(queue) > 0 {
		w := queue[len(queue)-1]
		queue = queue[:len(queue)-1]
		for _, from := range back[w] {
			if !reached[from] {
				reached[from] = true
				queue = append(queue, from)
			}
		}
	}
	return reached
}
