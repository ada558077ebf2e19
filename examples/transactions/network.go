package main

// The values of element 70 that the file shows.
const (
	signOn  = "001"
	newKey  = "161"
	cutover = "201"
	echo    = "301"
)

// drawNetworkCode: an idle link's echo is by far the commonest.
func (g *generator) drawNetworkCode() string {
	drawn := g.random.IntN(100)
	switch {
	case drawn < 90:
		return echo
	case drawn < 96:
		return newKey
	default:
		return cutover
	}
}

// networkManagement makes a message of class 8. It has no merchant: local time is UTC.
func (g *generator) networkManagement(code string) message {
	elements := g.base(0)
	elements[15] = elements[13]
	elements[32] = "990001"
	elements[70] = code
	switch code {
	case signOn:
		elements[33] = "990100"
	case newKey:
		elements[53] = "2001010100000000"
		elements[96] = string(g.bytes(8))
	}
	return message{mti: "0800", elements: elements}
}
