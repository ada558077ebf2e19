package supervisor

import (
	"regexp"
	"strings"
)

var variableName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)

// expand replaces the variables of a scalar: ${NAME}, ${NAME:-default}; $$ is a
// dollar. It reports whether there was one, and what is wrong.
func expand(text string, env func(string) (string, bool)) (expanded string, replaced bool, problem string) {
	var out strings.Builder
	for {
		before, rest, found := strings.Cut(text, "$")
		out.WriteString(before)
		switch {
		case !found:
			return out.String(), replaced, ""
		case strings.HasPrefix(rest, "$"):
			out.WriteByte('$')
			text = rest[1:]
			continue
		case !strings.HasPrefix(rest, "{"):
			out.WriteByte('$')
			text = rest
			continue
		}
		inner, after, closed := strings.Cut(rest[1:], "}")
		name, def, hasDefault := strings.Cut(inner, ":-")
		if !closed || !variableName.MatchString(name) {
			return "", false, "a variable that is none: give ${NAME}, ${NAME:-default}, or $$ for a dollar"
		}
		if def, _, problem = expand(def, env); problem != "" {
			return "", false, problem // a variable in a default: its brace ends the outer one
		}
		value, set := env(name)
		if value == "" && hasDefault {
			value = def
		} else if !set {
			return "", false, "the variable " + name + " is not set: set it, or give ${" + name + ":-default}"
		}
		out.WriteString(value)
		text, replaced = after, true
	}
}
