//! Which file of the crate uses which: a name is followed through imports and re-exports to the file that defines it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use crate::source::{Import, imports, paths, tokens};

/// A file that is compiled into the program.
pub(crate) struct File {
    /// Where it is, below `src`.
    pub(crate) path: PathBuf,
    module: Vec<String>,
    imports: Vec<Import>,
    /// The paths in its code, those of its imports left out.
    used: Vec<Vec<String>>,
}

impl File {
    /// Reads a file; `None` for one that only tests use.
    pub(crate) fn read(path: &Path, text: &str, tests_only: &BTreeSet<PathBuf>) -> Option<Self> {
        let module = module_of(path);
        let below = |only: &PathBuf| path == only || path.starts_with(only.with_extension(""));
        if module.iter().any(|name| name.ends_with("tests")) || tests_only.iter().any(below) {
            return None;
        }
        let tokens = tokens(text);
        let (imports, rest) = imports(&tokens);
        let used = paths(&rest).into_iter().map(|(_, path)| path).collect();
        Some(Self { path: path.to_owned(), module, imports, used })
    }
}

/// The path of the module that a file below `src` is.
pub(crate) fn module_of(path: &Path) -> Vec<String> {
    let mut module: Vec<_> = path.with_extension("").iter().map(|part| part.to_str().unwrap().to_owned()).collect();
    if module.last().is_some_and(|last| last == "mod") {
        module.pop();
    }
    module
}

/// The files of a crate, and the uses between them.
pub(crate) struct Graph {
    pub(crate) files: Vec<File>,
    by_module: BTreeMap<Vec<String>, usize>,
}

impl Graph {
    pub(crate) fn new(files: Vec<File>) -> Self {
        let by_module = files.iter().enumerate().map(|(number, file)| (file.module.clone(), number)).collect();
        Self { files, by_module }
    }

    /// The files that define what the file uses, the file itself and the modules that it is inside left out.
    pub(crate) fn uses(&self, number: usize) -> BTreeSet<usize> {
        let file = &self.files[number];
        // A re-export is not a use; and an imported module is used where its names are.
        let imported = file.imports.iter().filter(|import| !import.public);
        let paths = imported.map(|import| &import.path).chain(&file.used);
        let targets = paths.filter_map(|path| self.target(number, path, 0)).filter(|target| !target.whole);
        // A module's items are visible inside it.
        let apart = |other: &usize| !file.module.starts_with(&self.files[*other].module);
        targets.map(|target| target.file).filter(apart).collect()
    }

    /// The file that a path written in another leads to. A path to what is not of this crate leads nowhere.
    fn target(&self, from: usize, path: &[String], depth: usize) -> Option<Target> {
        let file = &self.files[from];
        let (first, rest) = path.split_first()?;
        match first.as_str() {
            "crate" => self.inside(&[], rest, depth),
            "self" => self.inside(&file.module, rest, depth),
            "super" => {
                let ups = path.iter().take_while(|segment| *segment == "super").count();
                let above = file.module.len().checked_sub(ups)?;
                self.inside(&file.module[..above], &path[ups..], depth)
            }
            _ => self.inside(&file.module, path, depth),
        }
    }

    /// The file that `path` leads to from within a module.
    fn inside(&self, module: &[String], path: &[String], depth: usize) -> Option<Target> {
        let mut module = module.to_vec();
        let mut rest = path;
        while let Some((first, after)) = rest.split_first() {
            module.push(first.clone());
            if !self.by_module.contains_key(&module) {
                module.pop();
                break;
            }
            rest = after;
        }
        // The root declares the rooms and nothing else.
        let file = *self.by_module.get(&module)?;
        let Some((name, after)) = rest.split_first() else { return Some(Target { file, whole: true }) };
        // A path that leads to itself, as in `use self::x`, ends somewhere.
        let import = self.files[file].imports.iter().find(|import| import.name == *name && depth < 8);
        match import {
            Some(import) => {
                let path: Vec<_> = import.path.iter().chain(after).cloned().collect();
                self.target(file, &path, depth + 1)
            }
            None => Some(Target { file, whole: false }),
        }
    }

    /// The files that use one another, directly or through others: one list a circle, of those that have one.
    pub(crate) fn circles(&self) -> Vec<Vec<&Path>> {
        let uses: Vec<_> = (0..self.files.len()).map(|number| self.uses(number)).collect();
        let reached: Vec<_> = (0..uses.len()).map(|start| reached(start, &uses)).collect();
        let mut circles = BTreeSet::new();
        for start in 0..uses.len() {
            let circle: Vec<_> =
                reached[start].iter().filter(|other| reached[**other].contains(&start)).copied().collect();
            if circle.len() > 1 {
                circles.insert(circle);
            }
        }
        let named = |circle: Vec<usize>| circle.into_iter().map(|number| self.files[number].path.as_path()).collect();
        circles.into_iter().map(named).collect()
    }
}

/// Where a path leads.
struct Target {
    file: usize,
    /// To the module that the file is, not to something in it.
    whole: bool,
}

fn reached(start: usize, uses: &[BTreeSet<usize>]) -> BTreeSet<usize> {
    let mut reached = BTreeSet::new();
    let mut open = vec![start];
    while let Some(next) = open.pop() {
        open.extend(uses[next].iter().filter(|other| reached.insert(**other)));
    }
    reached
}

/// The modules that a file declares for tests only.
pub(crate) fn declared_for_tests(path: &Path, text: &str) -> Vec<PathBuf> {
    let module: PathBuf = module_of(path).iter().collect();
    let mut declared = Vec::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        if line.trim() == "#[cfg(test)]"
            && let Some(name) = lines.next().and_then(|line| line.trim().strip_suffix(';')?.split("mod ").nth(1))
        {
            declared.push(module.join(name).with_extension("rs"));
        }
    }
    declared
}
