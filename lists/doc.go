// Package lists holds the reference lists that give meaning to the codes of the records: regions, organisations,
// sectors, duties, tasks, powers, boundaries, processes and their steps, calendars, targets, rules of lights, indicators
// and the labels of codes.
//
// # What it is
//
// A list is declared once (see Declarations); reading, checking, loading and docs/lists.md follow from the
// declaration. A directory holds one CSV file per list, named <list>.csv. A new list is a new declaration.
//
// # How to use it
//
//	problems := lists.Check(os.DirFS("lists"))
//	version, n, err := lists.Load(ctx, lake, os.DirFS("lists"))
//
// Check says all that is wrong with a directory, with file, line and column. A warning tells of work that is still to
// be done, such as a duty without tasks, and does not keep the lists from being loaded. Load checks and then writes all rows of
// all lists as one commit to the table duty.lists; that commit is a new version, and the highest version counts.
//
// # What it guarantees
//
// A version is complete and consistent: every reference in it leads somewhere. Lists that the directory does not hold
// are carried over from the version before, and are checked against the new ones. Lists with a problem change
// nothing. Content that equals the current version makes no new one. Values in the lake are normalised: region codes
// have 12 digits, dates are YYYY-MM-DD, truth is true or false, and empty values are absent.
//
// # What it does not
//
// It does not decide what a code means at a point in time: that is for the SQL models, which find valid_from and
// valid_to in the fields. It does not require that what a row refers to is in force at the same time, only that it is in the
// list. It does not check records against lists: unknown codes in records are kept and counted.
package lists
