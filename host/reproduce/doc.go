// Package reproduce repeats the experiments of Gygax & Zenke 2025 (arXiv 2404.14964).
// Each is one function that fills a folder with a JSON file of numbers and with
// pictures. The numbers do not depend on the machine or on the number of workers.
package reproduce
