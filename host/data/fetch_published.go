package data

import (
	"fmt"
	"strings"
)

// collection is the files of a dataset on the web.
type collection struct {
	dataset string
	url     string // of the folder where their authors publish them
	files   []published
}

// published is a packed file on the web.
type published struct {
	name      string // of the file, or of the folder in the archive
	packing   packing
	place     string // in the authors' folder, if not the name of the packed file
	packedMD5 string // empty if unknown
	md5       string // of the file; empty if unknown, and for folders
}

// packing is the suffix of a packed file's name.
type packing string

const (
	byGzip packing = ".gz"  // a file
	byZip  packing = ".zip" // a folder
)

// packed is the name of the packed file.
func (p published) packed() string { return p.name + string(p.packing) }

// collections are the datasets that can be fetched.
//
//	shd, ssc  Cramer, Stradmann, Schemmel and Zenke, The Heidelberg spiking data sets for the
//	          systematic evaluation of spiking neural networks, IEEE TNNLS 2022; CC BY 4.0
//	nmnist    Orchard, Jayawant, Cohen and Thakor, Converting static image datasets to spiking
//	          neuromorphic datasets using saccades, Frontiers in Neuroscience 2015; Mendeley
//	          Data 468j46mzdv
func collections() []collection {
	const heidelberg = "https://zenkelab.org/datasets/"
	return []collection{
		{"shd", heidelberg, []published{
			{"shd_train.h5", byGzip, "", "d47c9825dee33347913e8ce0f2be08b0", "8e9877c85f29a28dd353ea6a54402667"},
			{"shd_test.h5", byGzip, "", "3062a80ec0c5719404d5b02e166543b1", "207ad1295a0ab611e22d1734989c254e"},
		}},
		{"ssc", heidelberg, []published{
			{"ssc_train.h5", byGzip, "", "", ""},
			{"ssc_valid.h5", byGzip, "", "555645b13e15fe270fbfe39cb763f805", ""},
			{"ssc_test.h5", byGzip, "", "", ""},
		}},
		{"nmnist", "https://data.mendeley.com/public-files/datasets/468j46mzdv/files/", []published{
			{"Train", byZip, "39c25547-014b-4137-a934-9d29fa53c7a0/file_downloaded", "20959b8e626244a1b502305a9e6e2031", ""},
			{"Test", byZip, "05a4d654-7e03-4c15-bdfa-9bb2bcbea494/file_downloaded", "69ca8762b2fe404d9b9bad1103e97832", ""},
		}},
	}
}

// publishedAs returns the collection of a dataset.
func publishedAs(dataset string) (collection, error) {
	var names []string
	for _, c := range collections() {
		if c.dataset == dataset {
			return c, nil
		}
		names = append(names, c.dataset)
	}
	return collection{}, fmt.Errorf("unknown dataset %q; want one of %s", dataset, strings.Join(names, ", "))
}

// address is the URL of a packed file, or of another in the same folder.
func (f *Fetch) address(name string) string {
	base := f.URL
	if base == "" {
		base = f.published.url
		for _, file := range f.published.files {
			if file.packed() == name && file.place != "" {
				name = file.place
			}
		}
	}
	return strings.TrimSuffix(base, "/") + "/" + name
}
