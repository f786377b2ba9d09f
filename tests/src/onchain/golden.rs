//! Every golden portfolio of `tests/vectors` against the program binary: against the reference model within the documented
//! tolerance, against the risk crate within a few atoms.
//!
//! The environment variable `PLIMSOLL_VECTORS` names another folder of vectors.

use super::stored::as_stored;
use super::{rows, Answer, OnChain, Row, Scene};
use plimsoll::instructions::HealthReport;
use plimsoll_margin_file::{load, AccountFile};
use std::collections::BTreeSet;
use std::path::PathBuf;

/// A vector whose legs have a volatility each is on no chain; it has a twin of this name on a smile.
const TWIN: &str = "_smile";
/// The vector whose collateral the model scans without an option beside it: the program does not.
const COLLATERAL_ALONE: &str = "only_the_asset_no_options";

pub(super) struct Vector {
    pub name: String,
    pub file: AccountFile,
}

impl Vector {
    fn read(path: PathBuf) -> Self {
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        let file = load(&std::fs::read_to_string(&path).unwrap()).unwrap_or_else(|error| panic!("{name}: {error:#}"));
        Self { name, file }
    }

    fn expected(&self, term: &str) -> f64 {
        let expected = self.file.expected.as_ref().expect("a vector has an answer");
        expected[term].as_f64().unwrap_or_else(|| panic!("{}: no {term}", self.name))
    }

    /// The tolerance of tests/vectors/README.md for a margin, in USD.
    fn tolerance(&self, margin: f64) -> f64 {
        1e-6 * margin.abs() + 2e-8 * self.file.notional() + 1e-6
    }
}

pub(super) fn vectors(folder: &str) -> Vec<Vector> {
    let named = std::env::var_os("PLIMSOLL_VECTORS").map(PathBuf::from);
    let all = named.unwrap_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("vectors"));
    let mut paths: Vec<PathBuf> =
        std::fs::read_dir(all.join(folder)).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths.into_iter().map(Vector::read).collect()
}

/// The largest of something, and where.
#[derive(Default)]
pub(super) struct Worst(pub f64, pub String);

impl Worst {
    pub fn note(&mut self, x: f64, place: impl FnOnce() -> String) {
        if x > self.0 || x.is_nan() {
            *self = Self(x, place());
        }
    }
}

#[derive(Default)]
struct Findings {
    reproduced: usize,
    /// With numbers that the program's instructions would not have stored.
    noted: usize,
    notes: BTreeSet<String>,
    without_place: Vec<(String, String)>,
    disagreements: Vec<String>,
    tolerance: Worst,
    atoms: Worst,
    units: Worst,
}

impl Findings {
    fn of(folder: &str) -> Self {
        let (mut chain, mut findings) = (OnChain::start(), Self::default());
        for vector in vectors(folder) {
            if let Err(error) = findings.value(&mut chain, &vector) {
                findings.disagreements.push(format!("{}: {error:#}", vector.name));
            }
        }
        println!("{folder}: {} vectors reproduced by the program", findings.reproduced);
        println!("  the worst uses {:.1} % of its tolerance: {}", findings.tolerance.0 * 100.0, findings.tolerance.1);
        println!("  at most {:.0} atoms from the risk crate: {}", findings.atoms.0, findings.atoms.1);
        println!("  at most {} compute units: {}", findings.units.0, findings.units.1);
        println!("  {} describe what no instruction would store: {:#?}", findings.noted, findings.notes);
        println!("  {} are on no chain", findings.without_place.len());
        findings
    }

    fn value(&mut self, chain: &mut OnChain, vector: &Vector) -> anyhow::Result<()> {
        let scene = match Scene::of(&vector.file) {
            Ok(scene) => scene,
            Err(error) => {
                self.without_place.push((vector.name.clone(), format!("{error:#}")));
                return Ok(());
            }
        };
        let stored = as_stored(&vector.file, &scene);
        let Answer { report, compute_units, notes } = chain.check_health(scene)?;
        self.reproduced += 1;
        self.noted += usize::from(!notes.is_empty());
        self.notes.extend(notes.iter().map(|note| note.rsplit("]: ").next().unwrap_or_default().to_string()));
        self.units.note(compute_units as f64, || vector.name.clone());
        self.against_model(vector, &report);
        self.against_risk_crate(vector, &stored, &report)
    }

    fn against_model(&mut self, vector: &Vector, report: &HealthReport) {
        for (term, expected, atoms) in [
            ("equity", vector.expected("equity"), report.equity_atoms),
            ("initial", vector.expected("initial"), report.initial_atoms),
            ("maintenance", vector.expected("maintenance"), report.maintenance_atoms),
            // The program counts the payoffs of settled legs in the mark until they are paid.
            ("mark", vector.expected("mark") + vector.expected("settled"), report.mark_atoms),
        ] {
            let actual = atoms as f64 / 1e6;
            let used = (actual - expected).abs() / vector.tolerance(expected);
            self.tolerance.note(used, || format!("{term} of {}", vector.name));
            if used.is_nan() || used > 1.0 {
                self.disagreements.push(format!("{}: {term} is {actual}, expected {expected}", vector.name));
            }
        }
    }

    /// Eight atoms, two units of the price (1e-9 USD) for each contract, and 1e-10 of notional.
    ///
    /// With the inputs as the accounts hold them, only this is left: the program adds the logarithms of spot and forward ratio
    /// where the file's side takes the logarithm of the forward, which is a unit of the price or of 2^-40; parameters multiply
    /// a scanned loss by five at most; and each number is rounded to the atom by itself. Greeks near an expiry are far above
    /// the value they belong to: 1e-6 of notional, as in the golden test of the risk crate.
    fn against_risk_crate(
        &mut self,
        vector: &Vector,
        stored: &AccountFile,
        report: &HealthReport,
    ) -> anyhow::Result<()> {
        let legs = stored.underlyings.iter().flat_map(|u| &u.expiries).flat_map(|expiry| &expiry.legs);
        let contracts: f64 = legs.map(|leg| leg.size.abs()).sum();
        for row in rows(&stored.margin()?, report) {
            let Some(difference) = row.difference().map(f64::abs) else { continue };
            let is_greek = is_greek(&row);
            let of_notional = if is_greek { 1e-6 } else { 1e-10 };
            let allowed = 8e-6 + 2e-9 * contracts + of_notional * stored.notional();
            if !is_greek {
                self.atoms.note(difference * 1e6, || format!("{} of {}", row.part, vector.name));
            }
            if difference.is_nan() || difference > allowed {
                self.disagreements.push(format!("{}: {row:?}: off by {difference:e}", vector.name));
            }
        }
        Ok(())
    }

    fn assert_all(&self, at_least: usize) {
        let shown = &self.disagreements[..self.disagreements.len().min(60)];
        assert!(shown.is_empty(), "{} disagreements:\n{}", self.disagreements.len(), shown.join("\n"));
        assert!(self.reproduced >= at_least, "only {} vectors are reproduced", self.reproduced);
    }

    /// Those without a place on the chain are the ones with volatilities of their own, each with its twin, and one more.
    fn assert_without_place_are_known(&self, folder: &str) {
        let names: BTreeSet<String> = vectors(folder).into_iter().map(|vector| vector.file.name).collect();
        for (name, reason) in &self.without_place {
            let plain = name.split_once('_').map_or(name.as_str(), |(_, plain)| plain);
            let has_twin = names.contains(&format!("{plain}{TWIN}")) && reason.contains("volatilities of their own");
            assert!(has_twin || plain == COLLATERAL_ALONE, "{name} is on no chain: {reason}");
        }
    }
}

fn is_greek(row: &Row) -> bool {
    ["delta", "gamma", "vega", "theta", "rho"].iter().any(|greek| row.part.ends_with(greek))
}

#[test]
fn golden_portfolios_on_chain() {
    for (folder, at_least) in [("portfolio", 300), ("cross", 100)] {
        let findings = Findings::of(folder);
        findings.assert_all(at_least);
        findings.assert_without_place_are_known(folder);
    }
}
