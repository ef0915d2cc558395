// Package reproduce repeats the experiments of Gygax & Zenke 2025 (arXiv 2404.14964). Each
// is a function that writes a JSON file of numbers and pictures to a folder. The numbers do
// not depend on the machine or on the number of workers.
package reproduce
