"""The vocabulary of drugs, diagnoses and operations: codes are well formed, phrases are clean, promised names exist."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
FACTS = ROOT / "src" / "cobalens" / "knowledge" / "facts"
CASES = ROOT.parent / "shared" / "cases"
OWN = ("drugs", "conditions", "procedures")
STATUSES = {"verified", "secondary", "derived", "memory", "proposal"}
SHAPES = {
    "loinc": r"\d{1,7}-\d",
    "snomed": r"\d{6,18}",
    "rxnorm": r"\d{1,8}",
    "atc": r"[A-Z](\d\d([A-Z]([A-Z](\d\d)?)?)?)?",
    "icd10": r"[A-Z]\d[0-9A-Z](\.[0-9A-Z]{1,4})?",
}
PHRASE = re.compile(r"\d\+\d|[a-z0-9]+( … [a-z0-9]+| [a-z0-9]+)*")

PROMISED = {
    "drugs": """
        metformin metformin_lately metformin_begun acid_suppression acid_suppression_lately acid_suppression_begun count_lowering_cancer_drug colchicine other_b12_lowering_drug checkpoint_inhibitor cisplatin oxaliplatin carboplatin
        taxane vinca_alkaloid bortezomib thalidomide_class other_neurotoxic_agent neurotoxic_chemotherapy chemotherapy
        chemotherapy_planned antifolate_premedicated_drug pemetrexed_given methotrexate other_antifolate
        macrocytosis_drug homocysteine_raising_drug oestrogen_or_contraceptive anticoagulant folic_acid biotin zinc_supplement
        vitamin_b6_supplement thiamine_given b12_injection b12_tablets b12_tablets_tried b12_low_dose_supplement
        unspecified_supplement intravenous_b12 treatment_state sample_timing oral_b12_taken_reliably
    """,
    "conditions": """
        pernicious_anaemia pernicious_anaemia_suspected family_history_pernicious_anaemia atrophic_gastritis coeliac_disease
        crohn_disease crohn_ileal crohn_active pancreatic_insufficiency bacterial_overgrowth tapeworm inherited_b12_disorder
        haptocorrin_deficiency macro_b12_known helicobacter chronic_liver_disease cirrhosis acute_hepatitis hepatocellular_carcinoma liver_mass
        liver_metastases metastatic_cancer solid_cancer cancer_known cancer_suspected chronic_myeloid_leukaemia
        polycythaemia_vera other_myeloid_neoplasm myeloid_neoplasm_suspected hypereosinophilia myeloma_or_paraprotein lymphoma
        chronic_kidney_disease dialysis acute_infection inflammatory_disease autoimmune_disease diabetes hypothyroidism hiv
        chemotherapy_neuropathy leber_optic_neuropathy lymphoedema b12_allergy ttp_or_tma gaucher_disease
        autoimmune_lymphoproliferative b12_deficiency_known
        copper_deficiency_known spinal_cord_compression vomiting diarrhoea mucositis weight_loss
    """,
    "procedures": """
        total_gastrectomy partial_gastrectomy gastrectomy_unspecified bariatric_surgery terminal_ileum_resection
        ileum_bypassed_or_short_resection small_bowel_resection ileal_urinary_diversion pelvic_radiotherapy pancreatectomy

    """,
}


def read(name: str) -> dict[str, Any]:
    return tomllib.loads((FACTS / f"{name}.toml").read_text(encoding="utf-8"))


def entries() -> Iterator[tuple[str, dict[str, Any]]]:
    """Every analyte and concept of every file, with its place."""
    for path in sorted(FACTS.glob("*.toml")):
        tree = tomllib.loads(path.read_text(encoding="utf-8"))
        for section in ("analyte", "concept"):
            for name, entry in tree.get(section, {}).items():
                yield f"{path.name} [{section}.{name}]", entry


def own_concepts() -> dict[str, dict[str, Any]]:
    return {name: entry for file in OWN for name, entry in read(file)["concept"].items()}


def own_phrases() -> Iterator[tuple[str, str]]:
    for name, entry in own_concepts().items():
        for phrase in entry["phrases"]:
            yield name, phrase
    for phrase in read("regimens")["regimens"]:
        yield "regimens", phrase
    background = read("background")
    for kind, phrases in background["background"].items():
        for phrase in phrases:
            yield f"background.{kind}", phrase
    for phrase in background["ambiguous"]:
        yield "ambiguous", phrase


def luhn(code: str) -> bool:
    digits = [int(d) for d in code.replace("-", "")]
    doubled = [d * 2 - 9 * (d > 4) for d in digits[-2::-2]]
    return (sum(digits[-1::-2]) + sum(doubled)) % 10 == 0


def dihedral(a: int, b: int) -> int:
    """The product of two symmetries of the pentagon: below five rotations, else reflections."""
    if a < 5:
        return (a + b) % 5 if b < 5 else 5 + (a + b) % 5
    return 5 + (a - b) % 5 if b < 5 else (a - b) % 5


def verhoeff(code: str) -> bool:
    first = (1, 5, 7, 6, 2, 8, 3, 0, 9, 4)
    check = 0
    for place, digit in enumerate(reversed(code)):
        value = int(digit)
        for _ in range(place % 8):
            value = first[value]
        check = dihedral(check, value)
    return check == 0


def test_the_check_digits_are_told_from_wrong_ones() -> None:
    assert [luhn(code) for code in ("2132-9", "14685-2", "14685-0", "13994-7")] == [True, True, False, False]
    sound = [verhoeff(code) for code in ("26452005", "84027009", "26452003", "84027008")]
    assert sound == [True, True, False, False]


def test_every_code_has_the_shape_and_check_digit_of_its_terminology() -> None:
    wrong = []
    for where, entry in entries():
        for system, shape in SHAPES.items():
            for one in entry.get(system, []):
                code = one["code"]
                checked = {"loinc": luhn, "snomed": verhoeff}.get(system)
                sound = re.fullmatch(shape, code) and (checked is None or checked(code))
                if not sound or one["status"] not in STATUSES:
                    wrong.append(f"{where} {system} {code} {one['status']}")
    assert not wrong


def test_no_code_stands_twice_in_one_concept() -> None:
    for name, entry in own_concepts().items():
        for system in SHAPES:
            codes = [one["code"] for one in entry.get(system, [])]
            assert len(codes) == len(set(codes)), (name, system)


def test_a_morphology_is_never_taken_for_a_diagnosis() -> None:
    codes = {one["code"] for _, entry in entries() for one in entry.get("snomed", [])}
    assert not codes & {"128841001", "25370001"}


def test_phrases_are_lower_case_words_without_punctuation() -> None:
    assert [(name, p) for name, p in own_phrases() if not PHRASE.fullmatch(p)] == []


def test_no_phrase_stands_twice_in_one_concept() -> None:
    for name, entry in own_concepts().items():
        phrases = entry["phrases"]
        assert len(phrases) == len(set(phrases)), name


def test_every_concept_says_what_it_is_and_how_it_is_written() -> None:
    for name, entry in own_concepts().items():
        assert entry["kind"] in {"drug", "condition", "procedure", "symptom", "allergy"}, name
        assert entry["label"], name
        assert entry["phrases"], name


@pytest.mark.parametrize("file", OWN)
def test_every_promised_fact_exists(file: str) -> None:
    tree = read(file)
    facts = set(tree.get("fact", {})) | {
        name for name, entry in tree["concept"].items() if "timeline" in entry
    }
    assert facts == set(PROMISED[file].split())


def test_every_fact_rests_on_concepts_that_exist() -> None:
    trees = [tomllib.loads(path.read_text(encoding="utf-8")) for path in FACTS.glob("*.toml")]
    concepts = {name for tree in trees for name in tree.get("concept", {})}
    tests = read("analytes")["analyte"].keys()
    for file in OWN:
        for name, fact in read(file).get("fact", {}).items():
            # Doses may be held against the samples of tests.
            known = concepts | tests if name == "sample_timing" else concepts
            assert set(fact["of"]) | set(fact.get("routed", {})) <= known, name


def test_every_regimen_holds_concepts_that_exist() -> None:
    concepts = own_concepts()
    for regimen, parts in read("regimens")["regimens"].items():
        assert parts, regimen
        assert len(parts) == len(set(parts)), regimen
        assert set(parts) <= set(concepts), regimen


def test_every_neurotoxic_drug_is_in_the_group_and_every_cytotoxic_one_in_chemotherapy() -> None:
    facts = read("drugs")["fact"]
    both = {
        "cisplatin",
        "oxaliplatin",
        "carboplatin",
        "taxane",
        "vinca_alkaloid",
        "bortezomib",
        "other_neurotoxic_agent",
    }
    assert both <= set(facts["neurotoxic_chemotherapy"]["of"])
    assert both <= set(facts["chemotherapy"]["of"])
    assert facts["chemotherapy"]["of"] == facts["chemotherapy_planned"]["of"]


def test_low_dose_products_date_a_sample_but_are_no_treatment() -> None:
    facts = read("drugs")["fact"]
    assert "b12_low_dose_supplement" in facts["sample_timing"]["of"]
    assert "b12_low_dose_supplement" not in facts["treatment_state"]["of"]


def test_the_sample_held_against_the_doses_is_one_of_b12_itself() -> None:
    facts, tests = read("drugs")["fact"], read("analytes")["analyte"]
    assert [name for name in facts["sample_timing"]["of"] if name in tests] == ["vitamin_b12", "holotc"]


def test_a_paraprotein_is_not_counted_as_a_cancer() -> None:
    conditions = read("conditions")
    assert "myeloma_or_paraprotein" not in conditions["fact"]["cancer_known"]["of"]
    assert "mgus" not in conditions["concept"]["cancer_known"]["phrases"]
    assert "multiple myeloma" in conditions["concept"]["cancer_known"]["phrases"]


def test_ambiguous_words_are_words_of_the_vocabulary_and_name_real_fields() -> None:
    known = {p for name, p in own_phrases() if name != "ambiguous"}
    for phrase, fields in read("background")["ambiguous"].items():
        assert phrase in known, phrase
        assert set(fields) <= {"conditions", "medications", "supplements", "procedures", "diet"}, phrase


def test_no_long_phrase_is_copied_from_a_worked_case() -> None:
    if not CASES.is_dir():
        return
    texts = [plain(path.read_text(encoding="utf-8")) for path in sorted(CASES.glob("*.json"))]
    copied = [p for _, p in own_phrases() if len(p.split()) >= 5 and any(f" {p} " in text for text in texts)]
    assert copied == []


def plain(text: str) -> str:
    words = " ".join(str(value) for value in leaves(json.loads(text)))
    return " " + re.sub(r"[^a-z0-9]+", " ", words.lower().replace("'", "")) + " "


def leaves(tree: Any) -> Iterator[Any]:
    if isinstance(tree, dict):
        for value in tree.values():
            yield from leaves(value)
    elif isinstance(tree, list):
        for value in tree:
            yield from leaves(value)
    else:
        yield tree
