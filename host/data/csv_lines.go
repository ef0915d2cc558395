package data

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strings"
)

// tableLines are the lines of a table, divided into fields.
type tableLines struct {
	name   string
	fields *csv.Reader   // nil where blanks separate
	text   *bufio.Reader // the same file
	line   int           // read from text
}

// openLines opens a table, gzipped or not. The separator is the one found in the first
// line: semicolons, else commas, else tabs, else any number of blanks. Blanks around
// fields, empty lines, lines that begin with # and a UTF-8 byte order mark are ignored.
// Fields may be quoted, except where blanks separate.
func openLines(reader io.Reader, name string) (*tableLines, error) {
	// If the first line is longer, its beginning is enough.
	buffered := bufio.NewReaderSize(reader, 64<<10)
	if magic, err := buffered.Peek(2); err == nil && bytes.Equal(magic, []byte{0x1f, 0x8b}) {
		unpacked, err := gzip.NewReader(buffered)
		if err != nil {
			return nil, fmt.Errorf("%s: damaged gzip file: %w", name, err)
		}
		buffered = bufio.NewReaderSize(unpacked, 64<<10)
	}
	start, _ := buffered.Peek(64 << 10) // errors recur when it is read
	if bytes.HasPrefix(start, []byte("\xff\xfe")) || bytes.HasPrefix(start, []byte("\xfe\xff")) {
		return nil, fmt.Errorf("%s: text in UTF-16 found; save it as UTF-8", name)
	}
	if mark := []byte("\xef\xbb\xbf"); bytes.HasPrefix(start, mark) {
		start = start[len(mark):]
		if _, err := buffered.Discard(len(mark)); err != nil {
			return nil, err
		}
	}
	lines := &tableLines{name: name, text: buffered}
	if separator := separatorOf(start); separator != ' ' {
		lines.fields = csv.NewReader(buffered)
		lines.fields.Comma, lines.fields.Comment = separator, '#'
		lines.fields.ReuseRecord = true
		lines.fields.FieldsPerRecord = -1                 // compared by the caller, for a better error
		lines.fields.TrimLeadingSpace = separator != '\t' // a tab is a blank as well
	}
	return lines, nil
}

// separatorOf returns what separates fields in the first line of a text.
func separatorOf(text []byte) rune {
	for line := range bytes.Lines(text) {
		line = bytes.TrimSpace(line)
		if len(line) == 0 || line[0] == '#' {
			continue
		}
		for _, separator := range ";,\t " {
			if bytes.ContainsRune(line, separator) {
				return separator
			}
		}
		break
	}
	return ','
}

// next returns the fields of the next line, valid until the next call, and its number,
// from 1; the error at the end is io.EOF.
func (l *tableLines) next() (fields []string, line int, err error) {
	for {
		if l.fields == nil {
			fields, line, err = l.split()
		} else if fields, err = l.fields.Read(); err == nil {
			line, _ = l.fields.FieldPos(0)
		}
		if err != nil {
			return nil, 0, readError(l.name, err)
		}
		for i := range fields {
			fields[i] = strings.TrimSpace(fields[i])
		}
		if len(fields) > 1 || len(fields) == 1 && fields[0] != "" {
			return fields, line, nil
		}
	}
}

// split reads a line whose fields are separated by blanks.
func (l *tableLines) split() ([]string, int, error) {
	text, err := l.text.ReadString('\n')
	if err != nil && (err != io.EOF || text == "") {
		return nil, 0, err
	}
	l.line++
	if strings.HasPrefix(text, "#") {
		return nil, l.line, nil
	}
	return strings.Fields(text), l.line, nil
}

// readError adds the name of the file to an error of the CSV reader or the decompressor,
// and line and column if it is the former's. End of file is returned unchanged.
func readError(name string, err error) error {
	var parse *csv.ParseError
	switch {
	case err == io.EOF:
		return err
	case errors.As(err, &parse):
		return fmt.Errorf("%s, line %d, character %d: %w", name, parse.Line, parse.Column, parse.Err)
	}
	return fmt.Errorf("%s: damaged or truncated file: %w", name, err)
}
