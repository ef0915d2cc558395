package data

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode"
)

// A heading of words cannot be read as a sample, but one of numbers, which pandas writes
// for columns without names, can: it would add a sample, a class of its own and a largest
// value. Its contents (numbers that count up) or its style (whole numbers above lines
// whose values are never whole) give it away.

// headingCheck compares the first line of a table with the others.
type headingCheck struct {
	asked  bool     // the first line is a heading
	first  []string // fields of the first line
	line   int      // its number in the file
	others int      // number of lines after the first
	whole  int      // number of their values written as whole numbers
	index  int      // number of lines whose first value counts up; includes the first line unless it is a heading
	start  float64  // the first of these
	lines  int      // number of lines counted for index
}

// begin takes the first line.
func (h *headingCheck) begin(fields []string, line int) {
	h.first, h.line = slices.Clone(fields), line
}

// compare takes a sample.
func (h *headingCheck) compare(fields []string, line int) {
	value, _ := strconv.ParseFloat(fields[0], 64)
	if h.lines == 0 {
		h.start = value
	}
	if value == h.start+float64(h.lines) {
		h.index++
	}
	h.lines++
	if line == h.line {
		return
	}
	h.others++
	for _, field := range fields[:len(fields)-1] {
		if isWhole(field) {
			h.whole++
		}
	}
}

// hint is added to errors about the first line if it has words, or begins with an empty
// field, as above an index.
func (h *headingCheck) hint(line int) string {
	word := func(field string) bool {
		_, err := strconv.ParseFloat(field, 64)
		return err != nil && strings.ContainsFunc(field, unicode.IsLetter)
	}
	if h.asked || line != h.line || h.first[0] != "" && !slices.ContainsFunc(h.first, word) {
		return ""
	}
	return "; if this line is a header, set data.header = true (flag --header)"
}

// enough is the number of lines at which a pattern in all of them is no accident.
const enough = 8

// judge returns an error if the first line is a heading and should not be, or if the
// first column numbers the lines. Notes report what is less certain.
func (h *headingCheck) judge(name string, t *table) (notes []string, err error) {
	unnamed := h.asked && h.first[0] == ""
	if h.index == h.lines && (h.start == 0 || h.start == 1) && (h.lines >= enough || unnamed && h.lines > 1) {
		return nil, fmt.Errorf("%s: column 1 only numbers the lines; write the table without it (pandas: index=False)", name)
	}
	written := strings.Join(h.first, ",")
	if len(written) > 40 {
		written = written[:40] + "…"
	}
	wide, counts, plain := len(h.first) > 2, h.counts(), h.plain()
	differs := plain && h.others >= enough && (wide || counts)
	if h.asked {
		if h.reads() && !counts && !differs {
			notes = append(notes, fmt.Sprintf("%s: line %d is skipped as a header, but looks like a sample: %s", name, h.line, written))
		}
		return notes, nil
	}
	alone := !slices.Contains(t.labels[1:], t.labels[0])
	switch {
	case differs, counts && wide && (alone || plain), counts && alone && plain, counts && len(h.first) >= enough:
		return nil, fmt.Errorf("%s, line %d: %s looks like a header; skip it with data.header = true (flag --header) or, if it is a sample, move it to another line",
			name, h.line, written)
	case counts && wide:
		notes = append(notes, fmt.Sprintf("%s, line %d: %s is read as a sample; if it is a header, set data.header = true (flag --header)", name, h.line, written))
	}
	return notes, nil
}

// counts reports whether the numbers of the first line count up evenly: 0, 1, 2, …
func (h *headingCheck) counts() bool {
	before, step := 0, 0
	for i, field := range h.first {
		number, err := strconv.Atoi(field)
		switch {
		case err != nil, i > 0 && number <= before, i > 1 && number-before != step:
			return false
		}
		before, step = number, number-before
	}
	return h.others > 0
}

// plain reports whether all numbers of the first line are whole and none of the values
// below are.
func (h *headingCheck) plain() bool {
	return h.others > 0 && h.whole == 0 && !slices.ContainsFunc(h.first, func(field string) bool { return !isWhole(field) })
}

// reads reports whether the first line could be a sample.
func (h *headingCheck) reads() bool {
	t := table{columns: len(h.first) - 1}
	return t.add(h.first, 0) == nil
}

// isWhole reports whether a number is written as a whole number.
func isWhole(field string) bool {
	_, err := strconv.Atoi(field)
	return err == nil
}
