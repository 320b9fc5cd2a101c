"""Three chapters (picture, deficiency, follow-up) as a programmer would write them by hand, under one pack.

Takes words, gives words; knows no rows and no sources. A yardstick for the chapters of ``three_chapters.json``, not for today's rules.
"""

from __future__ import annotations

from collections.abc import Mapping

Words = Mapping[str, str]
YES, NO, OPEN = "supported", "not_supported", "not_looked_for"


def read(facts: Words) -> tuple[str, ...]:
    """Answers and statuses of the three chapters, in their order."""
    get = facts.get
    # --- picture
    hemoglobin = get("hemoglobin", "unknown")
    if hemoglobin == "< severe":
        anaemia = "severe"
    elif hemoglobin == "[severe..women)":
        anaemia = "present"
    elif hemoglobin == ">= men":
        anaemia = "absent"
    else:
        word = get("hemoglobin_range", "unknown")
        if hemoglobin == "[women..men)":
            sex = get("sex", "unknown")
            if sex == "male":
                word = "below"
            elif sex == "female":
                word = "within"
        elif word == "unknown":
            word = get("hematocrit_range", "unknown")
        anaemia = "present" if word == "below" else "unknown" if word == "unknown" else "absent"

    mcv = get("mcv", "unknown")
    if mcv == "unknown":
        mcv_class = SIZE_BY_WORD[get("mcv_range", "unknown")]
    else:
        mcv_class = SIZE[mcv]
    neutrophils, wbc = get("neutrophils", "unknown"), get("wbc", "unknown")
    neutrophils_word = get("neutrophils_range", "unknown") if neutrophils == "unknown" else neutrophils
    if neutrophils_word in ("< low", "below") or wbc == "< low":
        white_line = "low"
    elif neutrophils_word != "unknown" or wbc != "unknown":
        white_line = "not_low"
    else:
        white_line = LINE[get("wbc_range", "unknown")]
    platelets = get("platelets", "unknown")
    platelet_line = LINE[get("platelets_range", "unknown") if platelets == "unknown" else platelets]

    low = (anaemia in ("severe", "present")) + (white_line == "low") + (platelet_line == "low")
    if low:
        cytopenias = "one" if low == 1 else "several"
    elif anaemia == "absent" and white_line == "not_low" and platelet_line == "not_low":
        cytopenias = "none"
    else:
        cytopenias = "unknown"

    if get("megaloblastic_film") == "yes":
        blood_picture = "megaloblastic"
    elif mcv_class in ("macrocytic", "strongly_macrocytic"):
        blood_picture = "macrocytic"
    elif low:
        blood_picture = "anaemia_or_cytopenia"
    else:
        blood_picture = "normal" if anaemia == "absent" else "unknown"

    dorsal_columns = get("cord_dorsal_column_lesion", "unknown")
    if get("cord_compression_imaged") == "yes":
        imaging_says = "cord_compression"
    elif dorsal_columns == "yes":
        imaging_says = "cord_pattern"
    else:
        imaging_says = "none_seen" if dorsal_columns == "no" else "unknown"

    nerve_symptom = get("nerve_symptom", "unknown")
    if get("red_flag_sign") == "yes":
        neurological_picture = "red_flag"
    elif get("posterior_column_sign") == "yes":
        neurological_picture = "definite"
    elif nerve_symptom == "yes" or get("neuropathy_known") == "yes":
        neurological_picture = "possible"
    else:
        neurological_picture = "none" if nerve_symptom == "no" else "unknown"

    irreversible = get("irreversible_cause", "unknown")
    history, exposure = get("risk_history", "unknown"), get("risk_exposure", "unknown")
    if irreversible == "yes":
        risk = "irreversible"
    elif history == "yes" or exposure == "yes" or get("age") == "> old":
        risk = "present"
    else:
        risk = "absent" if irreversible == history == exposure == "no" else "unknown"

    nitrous_oxide = get("nitrous_oxide_exposed", "unknown")
    definite = neurological_picture in ("definite", "red_flag")
    nerves = definite or neurological_picture == "possible"
    large_cells = blood_picture in ("megaloblastic", "macrocytic")
    if (
        imaging_says == "cord_pattern"
        or (definite and (large_cells or risk == "irreversible"))
        or (nerves and nitrous_oxide == "yes")
        or (blood_picture == "megaloblastic" and risk == "irreversible")
    ):
        strong_picture = "yes"
    else:
        strong_picture = "unknown" if neurological_picture == "unknown" else "no"

    readings_agree = get("readings_agree", "unknown")
    if strong_picture == "yes":
        clinical_support = "strong"
    elif nerves or large_cells:
        clinical_support = "fitting"
    elif blood_picture == "anaemia_or_cytopenia" or readings_agree == "agree":
        clinical_support = "weak"
    elif neurological_picture == "none" or blood_picture == "normal":
        clinical_support = "none"
    else:
        clinical_support = "unknown"

    affected = get("function_affected", "unknown")
    if get("function_lost") == "yes":
        functional_impact = "severe"
    else:
        functional_impact = IMPACT[affected]

    # --- deficiency
    after_dose, biotin = get("sample_after_dose", "unknown"), get("biotin_interference", "unknown")
    if after_dose == "yes":
        readable = "after_dose"
    elif biotin == "likely":
        readable = "biotin"
    else:
        readable = "conflict" if readings_agree == "conflict" else "yes"

    treatment = get("treatment_state", "unknown")
    known = get("b12_deficiency_known") == "yes" or get("pernicious_anaemia") == "yes"
    deficient_before = "yes" if known and treatment == "on" else "no"

    in_scope, total, active = get("in_scope"), get("total_b12_says"), get("active_b12_says")
    if in_scope == "under_16":
        first_line = "out_of_scope"
    elif active == "deficient":
        first_line = "deficient"
    elif total == "deficient":
        first_line = "indeterminate" if active == "ample" else "deficient"
    elif total == "indeterminate":
        first_line = "ample" if active == "ample" and readable == "yes" else "indeterminate"
    elif active == "indeterminate":
        first_line = "indeterminate"
    elif readable == "after_dose":
        first_line = "deficient" if deficient_before == "yes" else "unreadable"
    elif total == "not_measured" and active == "not_measured":
        first_line = "not_measured"
    elif readable == "biotin":
        first_line = "unreadable"
    else:
        first_line = "indeterminate" if readable == "conflict" and active == "not_measured" else "ample"

    mma, homocysteine = get("mma_says"), get("homocysteine_says")
    kidney = get("kidney", "unknown")
    reduced = kidney in ("reduced", "severe")
    if mma == "marked":
        functional_evidence = "suggestive" if reduced else "present"
    elif mma == "raised":
        functional_evidence = "present" if kidney == "normal" else "suggestive"
    elif mma == "borderline":
        functional_evidence = "present" if homocysteine == "raised" and not reduced else "confounded"
    elif mma == "kidney_may_explain":
        functional_evidence = "confounded"
    elif mma == "normal":
        functional_evidence = "confounded" if homocysteine == "raised" else "absent"
    elif homocysteine == "raised":
        functional_evidence = "suggestive" if kidney == "normal" else "confounded"
    elif homocysteine == "otherwise_explained":
        functional_evidence = "confounded"
    elif homocysteine == "normal":
        functional_evidence = "confounded" if first_line == "deficient" else "absent"
    else:
        functional_evidence = "not_measured"

    antibody, binder = get("antibody_interference"), get("binder_lowered", "unknown")
    if nitrous_oxide == "yes" or antibody == "likely" or get("inherited_b12_disorder") == "yes":
        number_misleads = "falsely_high"
    else:
        number_misleads = "falsely_low" if binder == "yes" and active != "deficient" else "no"

    high, lowered = number_misleads == "falsely_high", number_misleads == "falsely_low"
    standing = risk == "irreversible"
    strong, fitting = clinical_support == "strong", clinical_support == "fitting"
    undecided_markers = functional_evidence in ("confounded", "not_measured")
    if first_line == "out_of_scope":
        deficiency = "not_assessable"
    elif first_line == "deficient":
        if functional_evidence == "present":
            deficiency = "confirmed"
        elif functional_evidence == "suggestive":
            deficiency = "probable" if lowered else "confirmed"
        elif functional_evidence == "absent":
            deficiency = "probable" if strong or standing else "unlikely" if lowered else "possible"
        elif lowered:
            deficiency = "probable" if strong or fitting or standing else "possible"
        else:
            fits = strong or fitting or standing or clinical_support == "weak"
            deficiency = "confirmed" if fits else "probable"
    elif first_line == "indeterminate":
        if functional_evidence == "present":
            deficiency = "confirmed"
        elif functional_evidence == "suggestive":
            deficiency = "probable"
        elif functional_evidence == "absent":
            deficiency = "possible" if strong or (fitting and high) else "unlikely"
        else:
            deficiency = "probable" if strong or standing or (fitting and high) else "possible"
    elif first_line == "ample":
        if functional_evidence == "present":
            deficiency = "confirmed" if strong or fitting or high else "probable"
        elif functional_evidence == "suggestive":
            deficiency = "probable" if strong or fitting or high else "possible"
        elif functional_evidence == "absent":
            deficiency = "possible" if strong or (fitting and high) else "unlikely"
        elif high:
            deficiency = "probable" if strong or fitting else "possible"
        else:
            deficiency = (
                "possible" if strong or (fitting and risk in ("irreversible", "present")) else "unlikely"
            )
    elif functional_evidence == "absent":
        deficiency = "possible" if strong else "unlikely"
    elif first_line == "unreadable":
        if functional_evidence == "present":
            deficiency = "confirmed"
        elif functional_evidence == "suggestive" or strong or (fitting and high):
            deficiency = "probable"
        elif fitting:
            deficiency = "possible"
        else:
            unfit = high or standing or clinical_support == "unknown"
            deficiency = "not_assessable" if unfit else "unlikely"
    elif functional_evidence == "present":
        deficiency = "probable" if clinical_support in ("none", "unknown") else "confirmed"
    elif functional_evidence == "suggestive":
        deficiency = "probable" if strong or fitting else "possible"
    elif strong or fitting:
        deficiency = "probable" if high else "possible" if strong or standing else "not_assessable"
    else:
        deficiency = "not_assessable"

    likely = deficiency in ("confirmed", "probable")
    thinkable = likely or deficiency == "possible"
    low_but_unlikely = (
        deficiency == "unlikely"
        and total in ("deficient", "indeterminate")
        and functional_evidence == "absent"
    )
    functional = NO
    if (
        likely and functional_evidence in ("present", "suggestive") and first_line in ("ample", "unreadable")
    ) or (deficiency == "probable" and undecided_markers and high and first_line == "ample"):
        functional = YES
    normal_number = YES if thinkable and total == "ample" else NO
    high_number = NO
    if thinkable:
        if total == "above_range":
            high_number = YES
        elif total == "not_measured":
            high_number = STATUS_ABOVE[get("total_b12_range", "unknown")]

    normal_cells = NO
    if likely:
        small = mcv_class in ("normocytic", "microcytic")
        if blood_picture == "normal" or (
            blood_picture in ("anaemia_or_cytopenia", "megaloblastic") and small
        ):
            normal_cells = YES
        elif blood_picture == "unknown" or (
            blood_picture in ("anaemia_or_cytopenia", "megaloblastic") and mcv_class == "unknown"
        ):
            normal_cells = OPEN
    elif deficiency == "possible" and blood_picture in ("normal", "unknown"):
        if nerves and blood_picture == "normal":
            normal_cells = YES
        elif nerves or neurological_picture == "unknown":
            normal_cells = OPEN

    normal_metabolites = NO
    if thinkable and functional_evidence == "absent":
        normal_metabolites = YES
    elif likely and mma in ("normal", "borderline"):
        normal_metabolites = YES if strong else OPEN if clinical_support == "unknown" else NO
    low_binder = YES if low_but_unlikely and (lowered or active == "ample") else NO
    insufficient = NO
    unread = first_line == "unreadable" and clinical_support == "unknown"
    if deficiency == "not_assessable" and (first_line == "not_measured" or unread):
        insufficient = YES

    # --- follow-up
    injections = get("b12_injection") == "yes"
    do_not_retest = "yes" if injections and treatment == "on" else "no"

    replacement, tablets = get("replacement"), get("tablets_failed", "unknown")
    waits = tablets == "unknown"
    repeat = replacement in ("start_now", "start", "trial") or tablets == "yes"
    if not repeat and replacement == "undecided":
        repeat = deficiency == "possible"
    elif not repeat and replacement == "none":
        reason, trend = get("reason_on_record", "unknown"), get("total_b12_trend", "unknown")
        repeat = (
            total == "indeterminate"
            or (deficiency == "unlikely" and definite)
            or reason == "standing_risk"
            or (trend == "falling" and (get("metformin") == "yes" or get("acid_suppression") == "yes"))
        )
        waits = (
            waits
            or (deficiency == "unlikely" and neurological_picture == "unknown")
            or reason == "unknown"
            or (
                trend in ("falling", "unknown")
                and (get("metformin", "unknown") != "no" or get("acid_suppression", "unknown") != "no")
            )
        )
    follow_up_repeat = YES if repeat else OPEN if waits else NO

    adult = in_scope != "under_16"
    reading = get("total_b12_reading", "unknown")
    unmeasured = total == "not_measured"
    measure = NO
    if adult and unmeasured and active == "not_measured" and reading == "unknown":
        measure = YES if treatment != "on" and nitrous_oxide != "yes" else NO

    repeat_b12 = NO
    if (unmeasured and reading in ("unit_missing", "unit_impossible", "implausible")) or (
        treatment != "on"
        and (
            (readings_agree == "conflict" and biotin != "likely" and not likely)
            or (replacement == "undecided" and deficiency == "probable" and first_line == "deficient")
        )
    ):
        repeat_b12 = YES
    elif unmeasured and reading == "unknown":
        repeat_b12 = OPEN
    off_biotin = YES if biotin == "likely" else OPEN if biotin == "unknown" else NO
    other_assay = YES if antibody == "likely" and treatment != "on" else NO

    metabolites = functional_evidence == "not_measured"
    next_mma = NO
    if nitrous_oxide != "yes" and kidney != "severe":
        if (
            deficiency == "possible"
            and mma == "not_measured"
            and (undecided_markers or functional_evidence == "suggestive")
        ) or (
            deficiency == "probable"
            and metabolites
            and (
                first_line in ("indeterminate", "ample", "unreadable", "not_measured")
                or (replacement == "undecided" and first_line == "deficient")
            )
        ):
            next_mma = YES
        elif metabolites and kidney != "reduced":
            if deficiency == "unlikely":
                next_mma = YES if definite else OPEN if neurological_picture == "unknown" else NO
            elif deficiency == "not_assessable" and adult:
                next_mma = YES if after_dose == "yes" else OPEN if after_dose == "unknown" else NO

    next_homocysteine = NO
    if metabolites and deficiency != "confirmed" and nitrous_oxide != "no":
        next_homocysteine = YES if nitrous_oxide == "yes" else OPEN

    next_holotc = NO
    if active == "not_measured" and deficiency in ("probable", "possible", "not_assessable"):
        pregnant = get("pregnant", "unknown")
        low_total = total in ("deficient", "indeterminate")
        binds = low_total and deficiency != "not_assessable" and pregnant != "yes"
        expecting = low_total or unmeasured
        if (
            (expecting and pregnant == "yes")
            or (binds and binder == "yes")
            or (deficiency == "possible" and kidney == "severe")
        ):
            next_holotc = YES
        elif (
            (expecting and pregnant == "unknown")
            or (binds and binder == "unknown")
            or (deficiency == "possible" and kidney == "unknown")
        ):
            next_holotc = OPEN

    doubtful = deficiency in ("probable", "possible")
    next_kidney = NO
    if kidney == "unknown" and (
        mma in ("borderline", "raised", "marked", "kidney_may_explain")
        or (homocysteine == "raised" and mma == "not_measured" and doubtful)
    ):
        next_kidney = YES

    next_folate = NO
    if get("folate_says") == "not_measured":
        if homocysteine == "raised" and doubtful:
            next_folate = YES
        elif replacement in ("start_now", "start"):
            next_folate = YES if large_cells else OPEN if blood_picture == "unknown" else NO

    if treatment == "never":
        response = "not_treated"
    elif treatment == "on" and tablets == "yes":
        response = "failed_tablets"
    elif treatment in ("on", "stopped") and get("not_improved_on_b12") == "yes":
        response = "not_improving"
    elif (treatment in ("on", "stopped") and get("improved_on_b12") == "yes") or (
        treatment == "on" and get("reticulocytes") == "> high"
    ):
        response = "improving"
    else:
        response = "unknown"

    if replacement == "start_now":
        review_after = "one_month"
    elif replacement in ("start", "trial", "mandated"):
        soon = get("pregnant") == "yes" or get("breastfeeding") == "yes"
        review_after = "one_month" if soon else "three_months"
    elif replacement == "continue":
        review_after = "three_months" if tablets == "yes" else "annual"
    elif replacement == "prophylaxis":
        review_after = "annual"
    elif replacement == "undecided":
        review_after = "routine"
    else:
        review_after = "three_months" if total == "indeterminate" else "none"

    return (
        anaemia, mcv_class, white_line, platelet_line, cytopenias, blood_picture, imaging_says, neurological_picture, risk,
        strong_picture, clinical_support, functional_impact, readable, deficient_before, first_line, functional_evidence,
        number_misleads, deficiency, functional, normal_number, high_number, normal_cells, normal_metabolites, low_binder,
        insufficient, do_not_retest, follow_up_repeat, measure, repeat_b12, off_biotin, other_assay, next_mma,
        next_homocysteine, next_holotc, next_kidney, next_folate, response, review_after,
    )  # fmt: skip


SIZE = {
    "< micro": "microcytic",
    "[micro..macro]": "normocytic",
    "(macro..strongly]": "macrocytic",
    "> strongly": "strongly_macrocytic",
}
SIZE_BY_WORD = {"below": "microcytic", "within": "normocytic", "above": "macrocytic", "unknown": "unknown"}
LINE = {
    "unknown": "unknown", "below": "low", "within": "not_low", "above": "not_low", "< very_low": "low",
    "[very_low..im_floor)": "low", "[im_floor..low)": "low", "[low..high]": "not_low", "> high": "not_low",
}  # fmt: skip
IMPACT = {"yes": "affected", "no": "none", "unknown": "unknown"}
STATUS_ABOVE = {"above": YES, "unknown": OPEN, "below": NO, "within": NO}
PLACES = (
    ("anaemia", ""), ("mcv_class", ""), ("white_line", ""), ("platelet_line", ""), ("cytopenias", ""), ("blood_picture", ""),
    ("imaging_says", ""), ("neurological_picture", ""), ("risk", ""), ("strong_picture", ""), ("clinical_support", ""),
    ("functional_impact", ""), ("readable", ""), ("deficient_before", ""), ("first_line", ""), ("functional_evidence", ""),
    ("number_misleads", ""), ("deficiency", ""), ("deficiency_notes", "interpretation:functional_deficiency"),
    ("deficiency_notes", "interpretation:normal_b12_does_not_exclude"),
    ("deficiency_notes", "interpretation:high_b12_does_not_exclude"),
    ("deficiency_notes", "interpretation:normal_blood_count_does_not_exclude"),
    ("deficiency_notes", "interpretation:normal_mma_does_not_exclude"),
    ("deficiency_notes", "interpretation:low_total_b12_low_haptocorrin"), ("deficiency_notes", "data_quality:insufficient_data"),
    ("do_not_retest", ""), ("follow_up_actions", "action:follow_up_repeat"), ("next_test", "next_test:vitamin_b12"),
    ("next_test", "next_test:repeat_b12"), ("next_test", "next_test:repeat_b12_off_biotin"),
    ("next_test", "next_test:alternative_b12_assay"), ("next_test", "next_test:mma"), ("next_test", "next_test:homocysteine"),
    ("next_test", "next_test:holotc"), ("next_test", "next_test:renal_function"), ("next_test", "next_test:folate"),
    ("response", ""), ("review_after", ""),
)  # fmt: skip
"""What each place of the result is: an answer, or a code of a table."""
