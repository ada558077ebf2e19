// Package nearest suggests what a name that is none was meant to be: of a framing, or
// of a field of a configuration file.
package nearest

// Of is the name that takes the fewest changed, added or left out letters
// to make of what was written; empty where that is more than half of them: such
// a suggestion would only mislead.
func Of(written string, names []string) string {
	best, least := "", len(written)/2+1
	for _, name := range names {
		if d := distance(written, name); d < least {
			best, least = name, d
		}
	}
	return best
}

// distance is the Levenshtein distance of two strings, in bytes.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			changed := diagonal
			if a[i] != b[j] {
				changed++
			}
			diagonal = row[j+1]
			row[j+1] = min(changed, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
