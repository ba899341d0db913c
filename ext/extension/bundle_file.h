/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Python reads its library from this shared object, by name.  The file of that name may be replaced
 * while a session is open (a new build, an update of the package).  So the file that was loaded
 * stays open, and Python gets that one.  Modules of a package are found without looking at the
 * name: see pykdump/runtime/bundle_importer.py.
 */
#ifndef MPYK_EXTENSION_BUNDLE_FILE_H
#define MPYK_EXTENSION_BUNDLE_FILE_H

/* Keep the file of this shared object open.  Call this when it is loaded. */
void mpyk_bundle_file_keep(void);

/* Let Python read it.  Call this before Python is initialized.  0, or -1. */
int mpyk_bundle_file_install(void);

/* Close it; after Python is finalized. */
void mpyk_bundle_file_forget(void);

#endif /* MPYK_EXTENSION_BUNDLE_FILE_H */
