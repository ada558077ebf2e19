package main

import (
	"fmt"
	"time"
)

// trade is how a merchant's customers pay.
type trade int

const (
	counter trade = iota // at a terminal
	online               // in a shop on the web
	atm
)

// merchant is a card acceptor with its acquirer.
type merchant struct {
	trade     trade
	name      string
	city      string
	country   country
	category  string // element 18
	outlet    string // the acquirer's number for it
	acquirer  string // element 32
	forwarder string // element 33; empty where the acquirer is connected itself
	terminals int
	cashback  bool
	from, to  int // usual amounts, in the currency's minor unit
}

// country holds the codes of ISO 3166 and ISO 4217, and the offset from UTC on the
// day that the file shows.
type country struct {
	letters, number, currency string
	offset                    time.Duration
}

var (
	britain     = country{"GB", "826", "826", 0}
	germany     = country{"DE", "276", "978", time.Hour}
	switzerland = country{"CH", "756", "756", time.Hour}
	america     = country{"US", "840", "840", -5 * time.Hour}
	japan       = country{"JP", "392", "392", 9 * time.Hour}
	australia   = country{"AU", "036", "036", 11 * time.Hour}
)

var merchants = []merchant{
	{counter, "High Street Grocers", "London", britain, "5411", "10537", "990001", "", 12, true, 180, 14500},
	{counter, "Bahnhof Buchhandlung", "Berlin", germany, "5942", "10674", "990002", "990100", 3, false, 499, 8900},
	{counter, "Seeblick Restaurant", "Zuerich", switzerland, "5812", "10811", "990003", "990100", 4, false, 1250, 32000},
	{counter, "Harbour Fuel", "Sydney", australia, "5541", "10948", "990004", "", 8, false, 2000, 15000},
	{counter, "Minato Electronics", "Tokyo", japan, "5732", "11085", "990005", "990100", 5, false, 800, 240000},
	{counter, "Main Street Pharmacy", "Boston", america, "5912", "11222", "990006", "", 6, true, 350, 9900},
	{online, "Paperbacks Online", "Leeds", britain, "5942", "11359", "990001", "990100", 1, false, 599, 12000},
	{online, "Alpenrad Versand", "Muenchen", germany, "5940", "11496", "990002", "", 1, false, 1990, 289900},
	{online, "Skyward Travel", "New York", america, "4722", "11633", "990006", "990100", 2, false, 8900, 345000},
	{atm, "First Test Bank", "London", britain, "6011", "11770", "990001", "", 40, false, 1000, 30000},
	{atm, "Zweite Testbank", "Hamburg", germany, "6011", "11907", "990002", "", 25, false, 2000, 50000},
	{atm, "Third Test Bank", "Chicago", america, "6011", "12044", "990006", "", 30, false, 2000, 40000},
}

// of returns the merchants of the trades given.
func of(trades ...trade) []merchant {
	var found []merchant
	for _, m := range merchants {
		for _, t := range trades {
			if m.trade == t {
				found = append(found, m)
			}
		}
	}
	return found
}

// terminal is element 41: 8 characters.
func (m merchant) terminal(number int) string {
	return fmt.Sprintf("%s%s%02d", m.country.letters, m.category, number)
}

// identification is element 42: 15 characters.
func (m merchant) identification() string {
	return m.acquirer + m.category + m.outlet
}

// location is element 43: the name in 25 characters, the city in 13, the country in 2.
func (m merchant) location() string {
	return fmt.Sprintf("%-25.25s%-13.13s%s", m.name, m.city, m.country.letters)
}
