package carddata

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"
)

// form is one way in which a secret shows.
type form struct {
	what string
	text string // in lower case
}

// Search knows all ways in which secrets show.
type Search struct{ forms []form }

// tests is the search for what the tests use.
var tests = NewSearch(OtherPANs...)

// NewSearch is for the values of this package, and these cards' numbers.
func NewSearch(numbers ...string) *Search {
	var all []form
	for name, secret := range secrets(numbers) {
		all = append(all, form{name, strings.ToLower(secret)})
		for encoding, raw := range encodings(secret) {
			what := strings.TrimSpace(name + " " + encoding)
			if encoding != "" {
				all = append(all, form{what, strings.ToLower(string(raw))})
			}
			for printed, text := range printings(raw) {
				if strings.HasPrefix(printed, "base64") && len(text) < leastBase64 {
					continue
				}
				all = append(all, form{what + ", " + printed, strings.ToLower(text)})
			}
		}
	}
	return &Search{all}
}

// leastBase64 is how many characters of base64 no random name has by chance, in whatever
// case.
const leastBase64 = 8

// encodings are the bytes that a secret can be on the wire: itself, in EBCDIC, packed
// two digits a byte.
func encodings(secret string) map[string][]byte {
	all := map[string][]byte{"": []byte(secret)}
	if digits := strings.Trim(secret, "0123456789"); digits == "" {
		ebcdic := []byte(secret)
		for i := range ebcdic {
			ebcdic[i] += 0xf0 - '0'
		}
		all["in EBCDIC"] = ebcdic
	}
	even := secret[:len(secret)&^1]
	if packed, err := hex.DecodeString(even); err == nil {
		all["packed"] = packed
		// A number of odd length begins in the middle of a byte.
		all["packed oddly"], _ = hex.DecodeString(even[1 : len(even)-1])
	}
	return all
}

// printings are the ways in which fmt and encoders print bytes.
func printings(raw []byte) map[string]string {
	syntax := fmt.Sprintf("%#v", raw)
	syntax = strings.TrimSuffix(strings.TrimPrefix(syntax, "[]byte{"), "}")
	numbers := strings.Trim(fmt.Sprintf("%d", raw), "[]")
	all := map[string]string{
		"hex":             hex.EncodeToString(raw),
		"hex with spaces": fmt.Sprintf("% x", raw),
		"numbers":         numbers,
		"JSON numbers":    strings.ReplaceAll(numbers, " ", ","),
		"Go":              syntax,
		"JSON":            asJSON(raw),
		"quoted":          strings.Trim(fmt.Sprintf("%q", raw), `"`),
	}
	for offset := range 3 {
		for name, e := range map[string]*base64.Encoding{"base64": base64.RawStdEncoding, "base64url": base64.RawURLEncoding} {
			whole := e.EncodeToString(append(make([]byte, offset), raw...))
			// Its first and last characters depend on what stands beside it.
			from, to := (offset*8+5)/6, (offset+len(raw))*8/6
			all[fmt.Sprintf("%s at %d", name, offset)] = whole[from:to]
		}
	}
	return all
}

// asJSON is a string in JSON; what is no UTF-8 in it is replaced.
func asJSON(raw []byte) string {
	text, err := json.Marshal(string(raw))
	if err != nil {
		panic(err)
	}
	return strings.Trim(string(text), `"`)
}
