package carddata

import (
	"encoding/base64"
	"encoding/hex"
	"regexp"
	"strconv"
	"strings"
)

// Leak is card data that shows.
type Leak struct {
	What   string // which value, in which form
	Around string // the text there
}

// Find returns where text shows one of the values, one Leak for each form in which one
// does, or any other card's number that stands alone.
func Find(text string) []Leak { return tests.Find(text) }

// Find is the function Find, for the numbers of the search.
func (s *Search) Find(text string) []Leak {
	var all []Leak
	lower := strings.ToLower(text)
	if len(lower) != len(text) { // bytes that are no UTF-8 have become longer
		text = lower
	}
	for _, f := range s.forms {
		if at := strings.Index(lower, f.text); at >= 0 {
			all = append(all, Leak{f.what, around(text, at)})
		}
	}
	return append(all, Numbers(text)...)
}

func around(text string, at int) string {
	return text[max(0, at-200):min(len(text), at+100)]
}

var (
	digitRuns  = regexp.MustCompile(`[0-9]+`)
	hexRuns    = regexp.MustCompile(`[0-9A-Fa-f]{26,}`)
	base64Runs = regexp.MustCompile(`[A-Za-z0-9+/_-]{18,}`)
)

// Numbers returns where text shows what may be a card's number, as it is, or inside
// what hex or base64 hides.
func Numbers(text string) []Leak {
	all := numbers("", text, text)
	for _, run := range hexRuns.FindAllString(text, -1) {
		for shift := range 2 {
			part := run[shift:]
			if plain, err := hex.DecodeString(part[:len(part)&^1]); err == nil {
				all = append(all, numbers(", hex", string(plain), run)...)
			}
		}
	}
	for _, run := range base64Runs.FindAllString(text, -1) {
		run = strings.NewReplacer("-", "+", "_", "/").Replace(run)
		for shift := range 4 {
			part := run[shift:]
			if plain, err := base64.RawStdEncoding.DecodeString(part[:len(part)&^3]); err == nil {
				all = append(all, numbers(", base64", string(plain), run)...)
			}
		}
	}
	return all
}

func numbers(form, plain, text string) []Leak {
	var all []Leak
	for _, at := range digitRuns.FindAllStringIndex(plain, -1) {
		run := plain[at[0]:at[1]]
		if IsNumber(run) && !isAddress(run) && !besideHex(plain, at[0]-1) && !besideHex(plain, at[1]) {
			all = append(all, Leak{"a card's number" + form, around(text, max(0, strings.Index(text, run)))})
		}
	}
	return all
}

// isAddress reports whether the digits may be where something is in memory: %d prints
// that. Such numbers have 13 or 14 digits, and are multiples of eight.
func isAddress(digits string) bool {
	n, err := strconv.ParseUint(digits, 10, 64)
	return err == nil && len(digits) <= 14 && n%8 == 0
}

// besideHex reports whether the byte there makes the digits beside it a part of hex.
func besideHex(text string, at int) bool {
	return at >= 0 && at < len(text) && strings.IndexByte("abcdefABCDEF", text[at]) >= 0
}

// IsNumber reports whether digits can be the number of a card: by their check digit,
// and by beginning and length as the schemes have them.
func IsNumber(digits string) bool {
	return schemes.MatchString(digits) && luhn(digits)
}

var schemes = regexp.MustCompile(`^(4(\d{12}|\d{15}|\d{18})|5\d{15}|2[2-7]\d{14}|3[47]\d{13}|3[0689]\d{12}|35\d{14}|6\d{15,18})$`)

func luhn(digits string) bool {
	sum := 0
	for i := range len(digits) {
		d := int(digits[len(digits)-1-i] - '0')
		if i%2 == 1 {
			d *= 2
		}
		sum += d/10 + d%10
	}
	return sum%10 == 0
}
